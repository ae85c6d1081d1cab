using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Receives of datagrams with a time-out of their own.</summary>
public abstract class UdpCallTimeoutTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private delegate Task<ReceivedDatagram> Call(UdpEndpoint endpoint, Memory<byte> buffer, TimeSpan timeout);

    private static Call[] Calls =>
    [
        static (endpoint, buffer, timeout) => Limits.OnThread(() => endpoint.ReceiveFrom(buffer.Span, timeout)),
        static (endpoint, buffer, timeout) => endpoint.ReceiveFromAsync(buffer, timeout).AsTask(),
        static (endpoint, buffer, timeout) => Limits.OnThread(() => endpoint.Receive(buffer.Span, timeout)),
        static (endpoint, buffer, timeout) => endpoint.ReceiveAsync(buffer, timeout).AsTask(),
    ];

    [Fact]
    public async Task A_receive_ends_at_its_own_time_and_the_endpoint_stays_usable()
    {
        using UdpEndpoint peer = Bind();
        using UdpEndpoint endpoint = ConnectedTo(peer);
        endpoint.Blocking = false;
        foreach (Call call in Calls)
        {
            var clock = Stopwatch.StartNew();
            SocketTimeoutException timeout = await Expect.Timeout(call(endpoint, new byte[4], Moment));
            clock.Elapsed.Should().BeGreaterThanOrEqualTo(Moment);
            timeout.Timeout.Should().Be(Moment);

            Task<ReceivedDatagram> receive = call(endpoint, new byte[4], Limits.Hang);
            peer.SendTo("late"u8, endpoint.LocalEndPoint);
            ReceivedDatagram received = await receive.Within();
            received.Length.Should().Be(4);
            received.RemoteEndPoint.Should().Be(peer.LocalEndPoint);
        }
    }

    [Fact]
    public async Task Zero_or_less_is_one_attempt()
    {
        using UdpEndpoint peer = Bind();
        using UdpEndpoint endpoint = ConnectedTo(peer);
        foreach (Call call in Calls)
        {
            foreach (TimeSpan over in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-3), TimeSpan.MinValue })
            {
                (await Expect.Timeout(call(endpoint, new byte[4], over))).Timeout.Should().Be(TimeSpan.Zero);
                peer.SendTo("data"u8, endpoint.LocalEndPoint);
                endpoint.WaitReadable(Limits.Hang).Should().BeTrue();

                (await call(endpoint, new byte[4], over).Within()).Length.Should().Be(4);
            }
        }
    }

    [Fact]
    public async Task A_token_ends_a_receive_before_its_time()
    {
        using UdpEndpoint endpoint = Bind();
        using var source = new CancellationTokenSource();
        Task receive = endpoint.ReceiveFromAsync(new byte[4], Limits.Hang, source.Token).AsTask();

        source.Cancel();

        await Expect.Canceled(receive, source.Token);
        await Expect.Canceled(endpoint.ReceiveFromAsync(new byte[4], TimeSpan.Zero, source.Token).AsTask(), source.Token);
    }

    [LinuxFact]
    public async Task An_error_about_a_datagram_that_was_sent_is_reported_as_ever()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Connect("127.0.0.1", DeadEndPoint().Port, UdpOptions);
        foreach (Call call in Calls)
        {
            endpoint.Send("x"u8);

            await Expect.Socket(call(endpoint, new byte[4], Limits.Hang), SocketError.ConnectionRefused);
        }
    }

    [Fact]
    public void An_endpoint_without_a_peer_says_so_at_once()
    {
        using UdpEndpoint endpoint = Bind();
        Action receive = () => endpoint.Receive(new byte[4], Moment);
        Action begin = () => _ = endpoint.ReceiveAsync(new byte[4], Moment).AsTask();

        receive.Should().ThrowExactly<InvalidOperationException>();
        begin.Should().ThrowExactly<InvalidOperationException>();
    }
}

public sealed class UdpCallTimeoutTests_Portable : UdpCallTimeoutTests<PortableUnderTest>;

public sealed class UdpCallTimeoutTests_PortableWithoutSystemCalls : UdpCallTimeoutTests<PortableWithoutSystemCalls>;

public sealed class UdpCallTimeoutTests_Epoll : UdpCallTimeoutTests<EpollUnderTest>;
