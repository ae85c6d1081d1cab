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
        Of(SocketOperation.Receive, IoResult.Ended(ChannelStatus.WouldBlock)).Should().BeOfType<SocketException>()
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

        exception.Should().BeOfType<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        exception.Message.Should().Be($"send on {Local} → {Remote} failed: the peer reset the connection (ConnectionReset).");
    }

    [Fact]
    public void Every_error_is_explained_and_named()
    {
        foreach (SocketError error in Enum.GetValues<SocketError>())
        {
            Faults.Explain(error).Should().Contain(error.ToString()).And.EndWith(".");
        }

        Faults.Explain(SocketError.AccessDenied).Should().Contain("CAP_NET_RAW").And.Contain("1024");
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own()
    {
        Enum.GetValues<SocketOperation>().Select(Faults.NameOf).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_wrapped_exception_says_what_and_where()
    {
        SocketException wrapped = Faults.Wrap(SocketOperation.Listen, new SocketException((int)SocketError.AddressAlreadyInUse), "127.0.0.1:80");

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
