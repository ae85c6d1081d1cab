using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Runs that have to wait for room. On loopback only the queue of a Unix peer is ever full, so the channels have one.</summary>
public abstract class SegmentWaitTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Size = 10;
    private const int Count = 200;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);
    private readonly byte[] _data = Payload.Of(Size * Count);

    [LinuxFact]
    public void A_run_that_finds_no_more_room_says_what_went_and_one_that_finds_none_says_why()
    {
        using Socket peer = Peer();
        using DatagramChannel channel = ChannelTo(peer);
        foreach (TimeSpan timeout in new[] { TimeSpan.Zero, s_moment })
        {
            IoResult some = channel.SendSegments(_data, Size, null, timeout);
            some.IsSuccess.Should().BeTrue();
            some.Count.Should().BeInRange(Size, _data.Length - Size);

            IoResult none = channel.SendSegments(_data, Size, null, timeout);
            none.Status.Should().Be(timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : ChannelStatus.DeadlinePassed);
            none.Count.Should().Be(0);
            Drain(peer, 0, some.Count);
        }
    }

    [LinuxFact]
    public async Task A_run_that_waits_goes_on_where_it_was()
    {
        using Socket peer = Peer();
        using DatagramChannel channel = ChannelTo(peer);
        for (int i = 0; i < 5; i++)
        {
            Task<IoResult> blocking = Limits.OnThread(() => channel.SendSegments(_data, Size, null, Timeout.InfiniteTimeSpan));
            Drain(peer, 0, _data.Length);
            (await blocking.Within()).Count.Should().Be(_data.Length);

            IoTask sending = channel.SendSegmentsAsync(_data, Size, null, Timeout.InfiniteTimeSpan, CancellationToken.None);
            sending.IsPending.Should().BeTrue();
            Task<IoResult> pending = sending.AsOutcome().AsTask();
            Drain(peer, 0, _data.Length);
            IoResult all = await pending.Within();
            all.IsSuccess.Should().BeTrue();
            all.Count.Should().Be(_data.Length);
        }
    }

    [LinuxFact]
    public async Task Whatever_ends_the_wait_the_run_says_what_went()
    {
        using Socket peer = Peer();
        DatagramChannel channel = ChannelTo(peer);
        using var source = new CancellationTokenSource();

        IoResult late = await channel.SendSegmentsAsync(_data, Size, null, s_moment, CancellationToken.None).AsOutcome().Within();
        Some(late);
        IoResult none = await channel.SendSegmentsAsync(_data, Size, null, s_moment, CancellationToken.None).AsOutcome().Within();
        none.Status.Should().Be(ChannelStatus.DeadlinePassed);
        Drain(peer, 0, late.Count);

        Task<IoResult> canceled = Start(source.Token);
        Task<IoResult> second = Start(source.Token);
        await source.CancelAsync();
        Some(await canceled.Within());
        (await second.Within()).Status.Should().Be(ChannelStatus.Canceled);
        Drain(peer, 0, (await canceled).Count);

        Task<IoResult> closed = Start(CancellationToken.None);
        second = Start(CancellationToken.None);
        channel.Dispose();
        Some(await closed.Within());
        (await second.Within()).Status.Should().Be(ChannelStatus.Closed);

        Task<IoResult> Start(CancellationToken cancellationToken) =>
            channel.SendSegmentsAsync(_data, Size, null, Timeout.InfiniteTimeSpan, cancellationToken).AsOutcome().AsTask();

        void Some(IoResult outcome)
        {
            outcome.IsSuccess.Should().BeTrue();
            outcome.Count.Should().BeInRange(Size, _data.Length - Size);
        }
    }

    private static Socket Peer()
    {
        var peer = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds,
        };
        peer.Bind(new UnixDomainSocketEndPoint($"\0socketkit-{Guid.NewGuid():N}"));
        return peer;
    }

    private DatagramChannel ChannelTo(Socket peer)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(peer.LocalEndPoint!);
        return Engine.OpenDatagram(socket, ownsSocket: true);
    }

    /// <summary>Receives this part of the run, datagram by datagram.</summary>
    private void Drain(Socket peer, int from, int to)
    {
        byte[] buffer = new byte[2 * Size];
        for (int done = from; done < to; done += Size)
        {
            buffer.AsSpan(0, peer.Receive(buffer)).SequenceEqual(_data.AsSpan(done, Size)).Should().BeTrue("datagram at {0}", done);
        }
    }
}

public sealed class SegmentWaitTests_Portable : SegmentWaitTests<PortableUnderTest>;

public sealed class SegmentWaitTests_PortableWithoutSystemCalls : SegmentWaitTests<PortableWithoutSystemCalls>;

public sealed class SegmentWaitTests_Epoll : SegmentWaitTests<EpollUnderTest>;
