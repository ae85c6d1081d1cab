using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>A sequenced-packet connection has an end, and messages without content are none.</summary>
public abstract class SequencedPacketTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[8];

    private UnixDatagramOptions Options => new() { Engine = Engine, SequencedPacket = true };

    [LinuxFact]
    public async Task An_empty_message_is_a_message_and_the_end_is_an_exception_in_every_shape()
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(Options);
            using UnixDatagramEndpoint reader = second;
            first.Send("abc"u8);
            first.Send([]);
            first.Send([]);
            first.Dispose();

            (await ReceiveAsync(reader, shape)).Length.Should().Be(3);
            reader.PeekFrom(_buffer).Length.Should().Be(0);
            (await ReceiveAsync(reader, shape)).Length.Should().Be(0);
            (await ReceiveAsync(reader, shape)).Length.Should().Be(0);
            for (int i = 0; i < 3; i++)
            {
                IsEnd(await Expect.Failure(ReceiveAsync(reader, shape)));
            }

            IsEnd(Record.Exception(() => reader.PeekFrom(_buffer)));
            reader.WaitReadable(TimeSpan.Zero).Should().BeTrue();
        }
    }

    [LinuxFact]
    public async Task The_end_ends_the_enumeration_and_a_loss_is_thrown()
    {
        (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(Options);
        using (second)
        {
            first.Send("abc"u8);
            first.Dispose();
            List<int> lengths = [];
            await foreach (OwnedDatagram datagram in second.ReceiveAllAsync())
            {
                lengths.Add(datagram.Data.Length);
                datagram.Dispose();
            }

            lengths.Should().Equal(3);
        }

        (first, second) = UnixDatagramEndpoint.CreatePair(Options);
        using (second)
        {
            second.Send("never read"u8);
            first.Dispose();
            await using IAsyncEnumerator<OwnedDatagram> all = second.ReceiveAllAsync().GetAsyncEnumerator();

            await Expect.Socket(all.MoveNextAsync().AsTask(), SocketError.ConnectionReset);
        }
    }

    [LinuxFact]
    public async Task An_empty_buffer_and_a_waiting_receive_tell_the_end_too()
    {
        (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(Options);
        using UnixDatagramEndpoint reader = second;
        first.Send("abc"u8);
        first.Send([]);

        reader.Receive([]).IsTruncated.Should().BeTrue();
        reader.Receive([]).IsTruncated.Should().BeFalse();
        Task<ReceivedDatagram> pending = reader.ReceiveAsync(_buffer).AsTask();
        first.Dispose();

        IsEnd(await Expect.Failure(pending));
        IsEnd(Record.Exception(() => reader.Receive([])));
    }

    [LinuxFact]
    public async Task A_blocked_receive_tells_the_end_and_our_own_Dispose_is_none()
    {
        (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(Options);
        foreach (TimeSpan timeout in new[] { Timeout.InfiniteTimeSpan, Limits.Hang })
        {
            second.ReceiveTimeout = timeout;
            Task<ReceivedDatagram> blocked = Limits.OnThread(() => second.Receive(_buffer));
            first.Dispose();
            IsEnd(await Expect.Failure(blocked));
        }

        second.Dispose();
        Expect.Disposed(Record.Exception(() => second.Receive(_buffer)));
    }

    [LinuxFact]
    public void A_lent_socket_is_given_back_as_it_was()
    {
        using var listening = Listening();
        using var client = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using Socket accepted = listening.Accept();
        byte[] before = Timestamps(accepted);

        var endpoint = UnixDatagramEndpoint.FromSocket(accepted, ownsSocket: false);
        client.Send([]);
        client.Send("x"u8);
        endpoint.Receive(_buffer).Length.Should().Be(0);
        endpoint.Receive(_buffer).Length.Should().Be(1);
        endpoint.Dispose();

        Timestamps(accepted).Should().Equal(before);
        client.Send("yy"u8);
        accepted.Receive(_buffer).Should().Be(2);
    }

    [LinuxFact]
    public void A_connect_to_a_full_backlog_ends_at_its_deadline()
    {
        using Socket listening = Listening(backlog: 0);
        var queued = new List<UnixDatagramEndpoint>();
        var options = new UnixDatagramOptions { Engine = Engine, SequencedPacket = true, ConnectTimeout = TimeSpan.FromMilliseconds(100) };

        long start = 0;
        Exception? refusal = null;
        while (refusal is null)
        {
            start = Stopwatch.GetTimestamp();
            refusal = Record.Exception(() => queued.Add(UnixDatagramEndpoint.Connect(PathOf(), options)));
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        SocketConnectException exception = refusal.Should().BeOfType<SocketConnectException>().Subject;
        exception.SocketErrorCode.Should().Be(SocketError.TimedOut);
        exception.IsTimeout().Should().BeTrue();
        exception.Message.Should().Contain("backlog was full for 100 ms");
        elapsed.Should().BeGreaterThanOrEqualTo(options.ConnectTimeout);
        queued.ForEach(static endpoint => endpoint.Dispose());
        options.Invoking(bad => UnixDatagramEndpoint.Connect(PathOf(), new UnixDatagramOptions { ConnectTimeout = TimeSpan.Zero }))
            .Should().Throw<ArgumentOutOfRangeException>();
    }

    [LinuxFact]
    public async Task A_connect_that_waits_for_the_backlog_goes_through_when_the_server_accepts()
    {
        using Socket listening = Listening(backlog: 0);
        using var first = UnixDatagramEndpoint.Connect(PathOf(), Options);
        Task<UnixDatagramEndpoint> second = Limits.OnThread(() => UnixDatagramEndpoint.Connect(PathOf(), Options));

        using UnixDatagramEndpoint one = UnixDatagramEndpoint.FromSocket(listening.Accept());
        using UnixDatagramEndpoint connected = await second.Within();
        using UnixDatagramEndpoint two = UnixDatagramEndpoint.FromSocket(listening.Accept());
        connected.Send("second"u8);

        two.Receive(_buffer).Length.Should().Be(6);
    }

    private static byte[] Timestamps(Socket socket)
    {
        // SOL_SOCKET and SO_TIMESTAMP (asm-generic/socket.h).
        byte[] value = new byte[4];
        socket.GetRawSocketOption(1, 29, value);
        return value;
    }

    private static void IsEnd(Exception? failure)
    {
        Expect.Socket(failure, SocketError.Disconnecting).Message.Should().Contain("closed").And.EndWith("(Disconnecting).");
        failure!.IsDisconnect().Should().BeTrue();
    }

    private Socket Listening(int backlog = 16)
    {
        var listening = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(PathOf()));
        listening.Listen(backlog);
        return listening;
    }

    private async Task<ReceivedDatagram> ReceiveAsync(UnixDatagramEndpoint reader, CallShape shape)
    {
        switch (shape)
        {
            case CallShape.Blocking:
                return reader.Receive(_buffer);
            case CallShape.Try:
                reader.TryReceive(_buffer, out ReceivedDatagram datagram).Should().BeTrue();
                return datagram;
            default:
                return await reader.ReceiveAsync(_buffer).Within();
        }
    }
}

public sealed class SequencedPacketTests_Portable : SequencedPacketTests<PortableUnderTest>;

public sealed class SequencedPacketTests_Epoll : SequencedPacketTests<EpollUnderTest>;
