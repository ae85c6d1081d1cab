using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Tests.Errors;

public sealed class SocketExceptionExtensionsTests
{
    private static SocketTimeoutException Deadline => new("late", "receive", TimeSpan.FromSeconds(1), 0);

    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.ConnectionAborted)]
    [InlineData(SocketError.Shutdown)]
    [InlineData(SocketError.TimedOut)]
    [InlineData(SocketError.NetworkReset)]
    public void A_lost_peer_is_a_disconnect(SocketError error)
    {
        var exception = new SocketException((int)error);

        exception.IsDisconnect().Should().BeTrue();
        new IOException("stream", exception).IsDisconnect().Should().BeTrue("a stream wraps it");
        exception.IsTimeout().Should().BeFalse("the kernel's ETIMEDOUT is not our deadline");
    }

    [Theory]
    [InlineData(SocketError.WouldBlock)]
    [InlineData(SocketError.AddressAlreadyInUse)]
    [InlineData(SocketError.MessageSize)]
    public void Other_errors_are_no_disconnect(SocketError error)
    {
        new SocketException((int)error).IsDisconnect().Should().BeFalse();
    }

    [Fact]
    public void Our_deadline_is_a_timeout_and_no_disconnect()
    {
        Deadline.IsTimeout().Should().BeTrue();
        Deadline.IsDisconnect().Should().BeFalse("the connection is usable");
        new IOException("stream", Deadline).IsTimeout().Should().BeTrue();
    }

    [Fact]
    public void A_connect_that_ran_out_of_time_is_a_timeout_and_no_disconnect()
    {
        var late = new SocketConnectException(SocketError.TimedOut, "late", []);
        var refused = new SocketConnectException(SocketError.ConnectionRefused, "refused", []);

        (late.IsTimeout(), late.IsDisconnect()).Should().Be((true, false));
        (refused.IsTimeout(), refused.IsDisconnect()).Should().Be((false, false));
    }

    [Fact]
    public void Exceptions_of_other_things_are_neither()
    {
        Exception[] others = [new InvalidOperationException(), new IOException("disk"), new TimeoutException()];
        foreach (Exception exception in others)
        {
            (exception.IsDisconnect(), exception.IsTimeout()).Should().Be((false, false));
        }
    }
}
