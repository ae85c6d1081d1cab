using SocketKit.IntegrationTests.Kit;
using static SocketKit.IntegrationTests.Linux.GoingOn;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Where a datagram call that had to wait goes on, whatever ends it. A loop's threads are not of the pool.</summary>
public sealed class DatagramDispatchTests : UnixTests<EpollUnderTest>
{
    /// <summary>Long enough for the caller to be waiting when it passes.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(300);

    private static readonly Dispatch[] s_all = [Dispatch.Auto, Dispatch.Inline, Dispatch.ThreadPool];

    private readonly byte[] _buffer = new byte[16];

    [LinuxFact]
    public async Task A_receive_goes_on_where_the_options_say_whatever_ends_it()
    {
        foreach (Dispatch dispatch in s_all)
        {
            UdpEndpoint endpoint = UdpEndpoint.Bind("127.0.0.1", 0, new UdpEndpointOptions { Engine = Engine, Dispatch = dispatch });
            using UdpEndpoint sender = UdpEndpoint.Connect("127.0.0.1", endpoint.Port, new UdpEndpointOptions { Engine = Engine });

            await GoesOnAsync(dispatch, endpoint.ReceiveFromAsync(_buffer).AsTask(), () => sender.Send("x"u8));

            using var source = new CancellationTokenSource();
            Task canceled = endpoint.ReceiveFromAsync(_buffer, source.Token).AsTask();
            await GoesOnAsync(dispatch, canceled, source.Cancel);
            canceled.IsCanceled.Should().BeTrue();

            endpoint.ReceiveTimeout = s_deadline;
            Task late = endpoint.ReceiveFromAsync(_buffer).AsTask();
            await GoesOnAsync(dispatch, late, static () => { });
            await Expect.Timeout(late);

            endpoint.ReceiveTimeout = Timeout.InfiniteTimeSpan;
            Task closed = endpoint.ReceiveFromAsync(_buffer).AsTask();
            await GoesOnAsync(dispatch, closed, endpoint.Dispose);
            await Expect.Disposed(closed);
        }
    }

    [LinuxFact]
    public async Task A_send_goes_on_where_the_options_say_whatever_ends_it()
    {
        foreach (Dispatch dispatch in s_all)
        {
            using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(dispatch.ToString()), new() { Engine = Engine });
            var options = new UnixDatagramOptions { Engine = Engine, Dispatch = dispatch };
            UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(dispatch.ToString()), options);
            while (sender.TrySend("x"u8, out _))
            {
            }

            await GoesOnAsync(dispatch, sender.SendAsync(_buffer).AsTask(), () => receiver.TryReceiveFrom(_buffer, out _));

            using var source = new CancellationTokenSource();
            Task canceled = sender.SendAsync(_buffer, source.Token).AsTask();
            await GoesOnAsync(dispatch, canceled, source.Cancel);
            canceled.IsCanceled.Should().BeTrue();

            sender.SendTimeout = s_deadline;
            Task late = sender.SendAsync(_buffer).AsTask();
            await GoesOnAsync(dispatch, late, static () => { });
            await Expect.Timeout(late);

            sender.SendTimeout = Timeout.InfiniteTimeSpan;
            Task closed = sender.SendAsync(_buffer).AsTask();
            await GoesOnAsync(dispatch, closed, sender.Dispose);
            await Expect.Disposed(closed);
        }
    }
}
