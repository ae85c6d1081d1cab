using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>
/// The kernel's queue of errors about datagrams that were sent. A port of loopback that nobody has answers with ICMP at once.
/// </summary>
public abstract class UdpErrorQueueTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int DestinationUnreachable = 3;
    private const int PortUnreachable = 3;
    private const int DestinationUnreachable6 = 1;
    private const int PortUnreachable6 = 4;

    private UdpEndpointOptions WithErrors => new() { Engine = Engine, ReceiveErrors = true };

    [LinuxFact]
    public void An_endpoint_without_a_peer_learns_which_datagram_met_which_error()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint sender = Bind(WithErrors);

        sender.SendTo("lost"u8, dead);

        DatagramError error = Take(sender);
        error.Error.Should().Be(SocketError.ConnectionRefused);
        error.Target.Should().Be(dead);
        error.Reporter.Should().Be(IPAddress.Loopback);
        error.IcmpType.Should().Be(DestinationUnreachable);
        error.IcmpCode.Should().Be(PortUnreachable);
        error.Mtu.Should().Be(0);
        error.Data.ToArray().Should().Equal("lost"u8.ToArray());
        error.ToString().Should().Be($"{dead}: ConnectionRefused, reported by 127.0.0.1 (ICMP 3.3)");
        sender.TryReceiveError(out _).Should().BeFalse();
    }

    [LinuxTheory]
    [InlineData("::1", DestinationUnreachable6, PortUnreachable6)]
    [InlineData("127.0.0.1", DestinationUnreachable, PortUnreachable)]
    public void A_dual_mode_endpoint_tells_both_families_as_they_are(string target, int type, int code)
    {
        IPAddress address = IPAddress.Parse(target);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
        {
            return;
        }

        using var sender = UdpEndpoint.Bind(0, WithErrors);
        using UdpEndpoint gone = UdpEndpoint.Bind(new IPEndPoint(address, 0), UdpOptions);
        IPEndPoint dead = gone.LocalEndPoint;
        gone.Dispose();

        sender.SendTo("x"u8, dead);

        DatagramError error = Take(sender);
        error.Target.Should().Be(dead);
        error.Reporter.Should().Be(address);
        error.IcmpType.Should().Be(type);
        error.IcmpCode.Should().Be(code);
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_send_that_throws_for_an_earlier_datagram_does_not_name_its_own_receiver(bool inBatch)
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint alive = Bind();
        using UdpEndpoint sender = Bind(WithErrors);
        using var batch = new DatagramBatch(1);
        batch.Add("here"u8, alive.LocalEndPoint.Serialize());
        sender.SendTo("lost"u8, dead);

        SocketOperationException failure = sender
            .Invoking(endpoint => inBatch ? endpoint.SendBatch(batch) : endpoint.SendTo("here"u8, alive.LocalEndPoint))
            .Should().Throw<SocketOperationException>().Which;

        failure.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        failure.Message.Should().Contain("an earlier datagram").And.Contain("sent nothing").And.NotContain($"{alive.LocalEndPoint}");
        alive.TryReceiveFrom(new byte[4], out _).Should().BeFalse();
        sender.SendTo("here"u8, alive.LocalEndPoint);
        alive.ReceiveFrom(new byte[4]).Length.Should().Be(4);
    }

    [LinuxFact]
    public async Task A_receive_under_way_throws_and_the_error_is_there()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint sender = Bind(WithErrors);
        Task receive = sender.ReceiveFromAsync(new byte[16]).AsTask();

        sender.SendTo("lost"u8, dead);

        (await receive.Invoking(static task => task.Within()).Should().ThrowAsync<SocketOperationException>())
            .Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        Take(sender).Target.Should().Be(dead);
    }

    /// <summary>poll(2) reports an error for as long as the kernel's queue has one.</summary>
    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public void A_receive_after_an_error_that_nobody_took_waits_and_burns_no_time()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint sender = Bind(WithErrors);
        sender.SendTo("lost"u8, dead);
        byte[] buffer = new byte[16];
        sender.Invoking(endpoint => endpoint.ReceiveFrom(buffer)).Should().Throw<SocketOperationException>();
        sender.ReceiveTimeout = TimeSpan.FromSeconds(1);
        TimeSpan before = ThreadTime();

        sender.Invoking(endpoint => endpoint.ReceiveFrom(buffer)).Should().Throw<SocketTimeoutException>();

        (ThreadTime() - before).Should().BeLessThan(TimeSpan.FromMilliseconds(500), "a thread that spins uses the whole second");
        Take(sender).Target.Should().Be(dead);
    }

    [LinuxFact]
    public void Of_many_errors_the_latest_are_kept_in_order()
    {
        const int Sent = 100;
        const int Kept = 64;
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint sender = Bind(WithErrors);
        for (byte i = 0; i < Sent; i++)
        {
            // A send may report the error of the one before.
            while (Record.Exception(() => sender.SendTo([i], dead)) is SocketOperationException)
            {
            }
        }

        // A receive that finds nothing empties the kernel's queue.
        while (Record.Exception(() => sender.TryReceiveFrom(new byte[1], out _)) is SocketOperationException)
        {
        }

        var kept = new List<byte>();
        while (sender.TryReceiveError(out DatagramError? error))
        {
            kept.Add(error.Data.Span[0]);
        }

        kept.Should().Equal(Enumerable.Range(Sent - Kept, Kept).Select(static i => (byte)i));
    }

    [LinuxFact]
    public void A_datagram_goes_on_arriving_beside_errors()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint both = Bind(WithErrors);
        using UdpEndpoint friend = Bind();
        both.SendTo("lost"u8, dead);
        friend.SendTo("here"u8, both.LocalEndPoint);
        byte[] buffer = new byte[16];

        both.Invoking(endpoint => endpoint.ReceiveFrom(buffer)).Should().Throw<SocketOperationException>();

        both.ReceiveFrom(buffer).Length.Should().Be(4);
        Take(both).Data.Length.Should().Be(4);
    }

    [Fact]
    public void Without_the_option_there_is_no_error_and_no_exception()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint sender = Bind();

        sender.SendTo("lost"u8, dead);

        sender.TryReceiveError(out DatagramError? error).Should().BeFalse();
        error.Should().BeNull();
        sender.TryReceiveFrom(new byte[1], out _).Should().BeFalse();
    }

    [Fact]
    public void A_closed_endpoint_has_no_errors_to_give()
    {
        UdpEndpoint sender = Bind(WithErrors);
        sender.Dispose();

        sender.Invoking(static endpoint => endpoint.TryReceiveError(out _)).Should().Throw<ObjectDisposedException>();
    }

    private static DatagramError Take(UdpEndpoint endpoint)
    {
        endpoint.TryReceiveError(out DatagramError? error).Should().BeTrue();
        return error!;
    }

    [SupportedOSPlatform("linux")]
    private static TimeSpan ThreadTime() => TimeSpan.FromMicroseconds(ThreadUse.OfCurrentThread().Processor / 1000);
}

public sealed class UdpErrorQueueTests_Portable : UdpErrorQueueTests<PortableUnderTest>;

public sealed class UdpErrorQueueTests_Epoll : UdpErrorQueueTests<EpollUnderTest>;
