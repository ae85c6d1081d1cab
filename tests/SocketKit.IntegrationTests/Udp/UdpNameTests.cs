using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>The name look-up of a UDP connect has a limit and a token, and no connect waits in line for that of another.</summary>
public abstract class UdpNameTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_look_up_that_takes_longer_than_ConnectTimeout_ends_the_connect(bool asynchronous)
    {
        using var release = new ManualResetEventSlim();
        UdpEndpointOptions options = UdpOptions;
        options.ConnectTimeout = TimeSpan.FromMilliseconds(50);
        options.Names = new NameLookups(
            (_, _) =>
            {
                release.Wait(Limits.Hang);
                return [IPAddress.Loopback];
            },
            1);

        Exception? failure = await Expect.Failure(asynchronous
            ? UdpEndpoint.ConnectAsync("slow.test", 9, options)
            : Limits.OnThread(() => UdpEndpoint.Connect("slow.test", 9, options)));
        release.Set();

        SocketConnectException refusal = failure.Should().BeOfType<SocketConnectException>().Subject;
        refusal.SocketErrorCode.Should().Be(SocketError.TimedOut);
        refusal.IsTimeout().Should().BeTrue();
        refusal.Message.Should().Be("connect to slow.test:9 failed: the name look-up took longer than 50 ms.");
        refusal.Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task A_token_ends_the_look_up()
    {
        using var release = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        UdpEndpointOptions options = UdpOptions;
        options.Names = new NameLookups(
            (_, _) =>
            {
                source.Cancel();
                release.Wait(Limits.Hang);
                return [IPAddress.Loopback];
            },
            1);

        Exception? failure = await Expect.Failure(UdpEndpoint.ConnectAsync("slow.test", 9, options, source.Token));
        release.Set();

        failure.Should().BeAssignableTo<OperationCanceledException>().Which.Message.Should().Be("connect to slow.test:9 was cancelled.");
    }

    [Fact]
    public async Task Connects_to_one_name_share_a_look_up_and_those_to_two_names_run_side_by_side()
    {
        using var both = new Barrier(2);
        int lookUps = 0;
        UdpEndpointOptions options = UdpOptions;
        options.Names = new NameLookups(
            (_, _) =>
            {
                Interlocked.Increment(ref lookUps);
                return both.SignalAndWait(Limits.Hang) ? [IPAddress.Loopback] : [];
            },
            2);

        Task<UdpEndpoint>[] connecting =
        [
            UdpEndpoint.ConnectAsync("one.test", 9, options),
            UdpEndpoint.ConnectAsync("one.test", 9, options),
            UdpEndpoint.ConnectAsync("two.test", 9, options),
        ];
        UdpEndpoint[] connected = await Task.WhenAll(connecting).Within();

        connected.Should().OnlyContain(static endpoint => endpoint.RemoteEndPoint!.Equals(new IPEndPoint(IPAddress.Loopback, 9)));
        lookUps.Should().Be(2);
        Array.ForEach(connected, static endpoint => endpoint.Dispose());
    }

    [Fact]
    public void The_limit_has_to_be_positive_and_an_address_needs_no_look_up()
    {
        UdpEndpointOptions options = UdpOptions;
        options.ConnectTimeout.Should().Be(TimeSpan.FromSeconds(15));
        options.ConnectTimeout = TimeSpan.Zero;
        Record.Exception(() => UdpEndpoint.Connect("127.0.0.1", 9, options)).Should().BeOfType<ArgumentOutOfRangeException>();

        options.ConnectTimeout = TimeSpan.FromTicks(1);
        using UdpEndpoint endpoint = UdpEndpoint.Connect("127.0.0.1", 9, options);
        endpoint.RemoteEndPoint.Should().Be(new IPEndPoint(IPAddress.Loopback, 9));
    }
}

public sealed class UdpNameTests_Portable : UdpNameTests<PortableUnderTest>;

public sealed class UdpNameTests_Epoll : UdpNameTests<EpollUnderTest>;
