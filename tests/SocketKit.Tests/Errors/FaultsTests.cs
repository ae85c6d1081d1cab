using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Tests.Errors;

/// <summary>Every status of a channel becomes the exception that the outcome table promises, with operation and endpoints in it.</summary>
public sealed class FaultsTests : IDisposable
{
    private readonly (TcpConnection First, TcpConnection Second) _pair = TcpConnection.CreatePair();

    private string Local => _pair.First.LocalEndPoint.ToString();

    private string Remote => _pair.First.RemoteEndPoint.ToString();

    public void Dispose()
    {
        _pair.First.Abort();
        _pair.Second.Abort();
    }

    [Fact]
    public void A_deadline_names_itself_and_what_was_done()
    {
        Exception exception = Of(SocketOperation.Send, IoResult.Ended(ChannelStatus.DeadlinePassed, 3), TimeSpan.FromSeconds(5));

        SocketTimeoutException timeout = exception.Should().BeOfType<SocketTimeoutException>().Which;
        timeout.Message.Should().Be($"send on {Local} → {Remote} timed out after 5 s.");
        (timeout.SocketErrorCode, timeout.BytesTransferred, timeout.Operation, timeout.Timeout)
            .Should().Be((SocketError.TimedOut, 3, "send", TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_receive_points_the_other_way()
    {
        Of(SocketOperation.Receive, IoResult.Ended(ChannelStatus.DeadlinePassed), TimeSpan.FromMilliseconds(1.5)).Message
            .Should().Be($"receive on {Local} ← {Remote} timed out after 1.5 ms.");
    }

    [Fact]
    public void Non_blocking_is_a_socket_exception()
    {
        Of(SocketOperation.Receive, IoResult.Ended(ChannelStatus.WouldBlock)).Should().BeOfType<SocketOperationException>()
            .Which.SocketErrorCode.Should().Be(SocketError.WouldBlock);
    }

    [Fact]
    public void A_cancellation_carries_the_callers_token()
    {
        using var source = new CancellationTokenSource();

        Exception exception = Faults.Of(
            SocketOperation.Receive, IoResult.Ended(ChannelStatus.Canceled), _pair.First, cancellationToken: source.Token);

        exception.Should().BeOfType<OperationCanceledException>().Which.CancellationToken.Should().Be(source.Token);
    }

    [Theory]
    [InlineData((int)ChannelStatus.Busy, typeof(InvalidOperationException))]
    [InlineData((int)ChannelStatus.EndOfStream, typeof(EndOfStreamException))]
    [InlineData((int)ChannelStatus.Closed, typeof(ObjectDisposedException))]
    public void Other_endings_have_their_own_types(int status, Type expected)
    {
        Exception exception = Of(SocketOperation.Receive, IoResult.Ended((ChannelStatus)status));

        exception.Should().BeOfType(expected);
        exception.Message.Should().Contain("receive on").And.Contain(Local).And.Contain(Remote);
    }

    [Fact]
    public void A_refusal_of_the_system_keeps_its_code_and_says_what_it_means()
    {
        Exception exception = Of(SocketOperation.Send, IoResult.Failed(SocketError.ConnectionReset, 7));

        exception.Should().BeOfType<SocketOperationException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        exception.Message.Should().Be($"send on {Local} → {Remote} failed: the peer reset the connection (ConnectionReset).");
    }

    [Fact]
    public void Every_error_is_explained_and_named()
    {
        foreach (SocketError error in Enum.GetValues<SocketError>())
        {
            Faults.Explain(error).Should().Contain(error.ToString()).And.EndWith(".");
        }

        foreach (SocketOperation operation in Enum.GetValues<SocketOperation>())
        {
            Reasons.Of(SocketError.AccessDenied, operation).Should().Contain("(AccessDenied).");
            Reasons.Of(SocketError.AddressNotAvailable, operation).Should().Contain("(AddressNotAvailable).");
        }
    }

    [Fact]
    public void A_missing_right_has_one_cause_for_each_operation()
    {
        Reasons.Of(SocketError.AccessDenied, SocketOperation.Listen, new IPEndPoint(IPAddress.Any, 80))
            .Should().Contain("port 80").And.Contain("1024");
        Reasons.Of(SocketError.AccessDenied, SocketOperation.Bind, new IPEndPoint(IPAddress.Any, 8080))
            .Should().Be("no right (AccessDenied).");
        Reasons.Of(SocketError.AccessDenied, SocketOperation.Send).Should().NotContain("1024").And.NotContain("CAP_NET_RAW");
    }

    [Fact]
    public void Ephemeral_ports_are_named_only_where_the_system_was_to_choose_one()
    {
        Reasons.Of(SocketError.AddressNotAvailable, SocketOperation.Listen, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80))
            .Should().NotContain("ephemeral");
        Reasons.Of(SocketError.AddressAlreadyInUse, SocketOperation.Bind, new IPEndPoint(IPAddress.Any, 0)).Should().Contain("ephemeral");
        Reasons.Of(SocketError.AddressAlreadyInUse, SocketOperation.Bind, new IPEndPoint(IPAddress.Any, 80))
            .Should().NotContain("ephemeral");
    }

    [Fact]
    public void What_this_side_has_shut_down_is_said_to_be_its_own_doing()
    {
        Exception own = Of(SocketOperation.Send, IoResult.Ended(ChannelStatus.SendShut));
        Exception peers = Of(SocketOperation.Send, IoResult.Failed(SocketError.Shutdown));

        own.Message.Should().Be($"send on {Local} → {Remote} failed: this side has shut down sending (Shutdown).");
        peers.Message.Should().Be($"send on {Local} → {Remote} failed: the peer has closed the connection (Shutdown).");
        (own.IsDisconnect(), peers.IsDisconnect()).Should().Be((false, true));
        (new IOException("stream", own).IsDisconnect(), new IOException("stream", peers).IsDisconnect()).Should().Be((false, true));
    }

    [Fact]
    public void Each_exception_of_a_socket_knows_the_operation_the_endpoints_and_the_socket()
    {
        foreach (IoResult outcome in new[]
        {
            IoResult.Ended(ChannelStatus.WouldBlock), IoResult.Ended(ChannelStatus.DeadlinePassed), IoResult.Ended(ChannelStatus.SendShut),
            IoResult.Failed(SocketError.ConnectionReset),
        })
        {
            SocketOperationException exception = Of(SocketOperation.Send, outcome)
                .Should().BeAssignableTo<SocketOperationException>().Subject;

            (exception.Operation, exception.LocalEndPoint, exception.RemoteEndPoint, exception.Origin)
                .Should().Be(("send", _pair.First.LocalEndPoint, _pair.First.RemoteEndPoint, _pair.First));
        }
    }

    [Fact]
    public void What_is_said_already_is_not_said_again()
    {
        SocketOperationException first = Faults.Wrap(SocketOperation.Open, new SocketException((int)SocketError.AccessDenied), "Icmp");

        Faults.Wrap(SocketOperation.Listen, first, new IPEndPoint(IPAddress.Any, 80)).Should().BeSameAs(first);
    }

    [Fact]
    public void A_connect_that_failed_names_the_address_that_decided()
    {
        var first = new IPEndPoint(IPAddress.Loopback, 1);
        var second = new IPEndPoint(IPAddress.Loopback, 2);
        var failure = new SocketConnectException(SocketError.ConnectionRefused, "refused",
        [
            new(first, new SocketException((int)SocketError.ConnectionRefused), default),
            new(second, new SocketException((int)SocketError.OperationAborted), default),
        ]);

        (failure.Operation, failure.LocalEndPoint, failure.RemoteEndPoint).Should().Be(("connect", null, first));
        new SocketConnectException(SocketError.HostNotFound, "no name", []).RemoteEndPoint.Should().BeNull();
    }

    [Fact]
    public void A_refused_raw_value_is_shown_in_digits_and_shortened()
    {
        OptionFaults.ShowBytes([0x01, 0xAB]).Should().Be("0x01AB");
        OptionFaults.ShowBytes(new byte[100]).Should().EndWith("… (100 bytes)").And.HaveLength(2 + 32 + "… (100 bytes)".Length);
        OptionFaults.ShowBytes([]).Should().Be("nothing");
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own()
    {
        Enum.GetValues<SocketOperation>().Select(Faults.NameOf).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_wrapped_exception_says_what_and_where()
    {
        SocketException wrapped =
            Faults.Wrap(SocketOperation.Listen, new SocketException((int)SocketError.AddressAlreadyInUse), "127.0.0.1:80");

        wrapped.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        wrapped.Message.Should().StartWith("listen on 127.0.0.1:80 failed: the address is in use (AddressAlreadyInUse).");
    }

    [Fact]
    public void An_endpoint_that_nobody_knows_is_a_question_mark()
    {
        Faults.Show((EndPoint?)null).Should().Be("?");
    }

    private Exception Of(SocketOperation operation, IoResult outcome, TimeSpan timeout = default) =>
        Faults.Of(operation, outcome, _pair.First, timeout);
}
