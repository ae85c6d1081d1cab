using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Errors;

/// <summary>Words every exception of the library: the operation and both endpoints are in each message.</summary>
internal static class Faults
{
    /// <summary>The exception for an operation that did not succeed.</summary>
    public static Exception Of(
        SocketOperation operation, IoResult outcome, SocketBase socket, TimeSpan timeout = default, long? count = null, CancellationToken cancellationToken = default) =>
        Of(operation, outcome, socket, socket.Describe(ArrowOf(operation)), timeout, count, cancellationToken);

    /// <summary>The same, where the operation had addresses of its own.</summary>
    public static Exception Of(
        SocketOperation operation, IoResult outcome, SocketBase socket, string where, TimeSpan timeout, long? count, CancellationToken cancellationToken)
    {
        string what = $"{NameOf(operation)} on {where}";
        return outcome.Status switch
        {
            ChannelStatus.WouldBlock => new SocketException(
                (int)SocketError.WouldBlock, $"{what} would have to wait, and the socket is in non-blocking mode."),
            ChannelStatus.DeadlinePassed => new SocketTimeoutException(
                timeout > TimeSpan.Zero
                    ? $"{what} timed out after {Show(timeout)}."
                    : $"{what} was not begun, because the deadline of the message before it passed and cut that one.",
                NameOf(operation),
                timeout,
                count ?? outcome.Count)
            {
                Origin = socket,
            },
            ChannelStatus.Canceled => new OperationCanceledException($"{what} was cancelled.", cancellationToken),
            ChannelStatus.Busy => new InvalidOperationException(
                $"{what}: another receive is under way. One receive at a time; its caller has to await it first."),
            ChannelStatus.EndOfStream => new EndOfStreamException(
                $"{what}: the peer finished after {outcome.Count} bytes, before the buffer was full."),
            ChannelStatus.Failed => new SocketException((int)outcome.Error, $"{what} failed: {Explain(outcome.Error)}"),
            _ => new ObjectDisposedException(socket.GetType().FullName, $"{what}: the socket was disposed."),
        };
    }

    public static string NameOf(SocketOperation operation) => operation switch
    {
        SocketOperation.Receive => "receive",
        SocketOperation.Peek => "peek",
        SocketOperation.Send => "send",
        SocketOperation.SendFile => "send file",
        SocketOperation.Accept => "accept",
        SocketOperation.Connect => "connect",
        SocketOperation.Shutdown => "shutdown",
        SocketOperation.Listen => "listen",
        SocketOperation.Bind => "bind",
        SocketOperation.Open => "open",
        _ => "wait",
    };

    /// <summary>What a system error means for the caller, with the remedy where there is one.</summary>
    public static string Explain(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => "the address is in use (AddressAlreadyInUse). Another socket has this port or path.",
        SocketError.AddressNotAvailable => "the address does not exist on this machine, or all ephemeral ports are taken (AddressNotAvailable).",
        SocketError.AccessDenied =>
            "no right (AccessDenied). Ports below 1024 need CAP_NET_BIND_SERVICE, raw sockets CAP_NET_RAW, broadcasts EnableBroadcast; a route may forbid it, too.",
        SocketError.ConnectionRefused => "nobody listens there (ConnectionRefused).",
        SocketError.ConnectionReset => "the peer reset the connection (ConnectionReset).",
        SocketError.Shutdown => "the connection is closed for sending (Shutdown).",
        SocketError.TimedOut => "the peer did not answer and the system gave up on it (TimedOut).",
        SocketError.NetworkUnreachable => "there is no route to that network (NetworkUnreachable).",
        SocketError.HostUnreachable => "there is no route to that host (HostUnreachable).",
        SocketError.MessageSize =>
            "the datagram is too long (MessageSize). UDP takes 65 507 bytes over IPv4 and 65 527 over IPv6 at most; a small SendBufferSize takes fewer.",
        SocketError.HostNotFound => "the name is not known (HostNotFound).",
        SocketError.NoData => "the name is known and has no address (NoData).",
        SocketError.TryAgain => "no name server answered, or it could not tell now (TryAgain). The name may exist; try again later.",
        SocketError.NoRecovery => "no name server answered in a way that can be used (NoRecovery). Look at the resolver's settings.",
        SocketError.TooManyOpenSockets => "the process or the system has no descriptor left (TooManyOpenSockets).",
        SocketError.AddressFamilyNotSupported => "the address has another family than the socket, or the system lacks that family (AddressFamilyNotSupported).",
        _ => $"{new SocketException((int)error).Message} ({error}).",
    };

    /// <summary>The same error with a message that says what was being done; for errors of the BCL that have no channel yet.</summary>
    public static SocketException Wrap(SocketOperation operation, SocketException cause, string where, string? hint = null) =>
        new((int)cause.SocketErrorCode, $"{NameOf(operation)} on {where} failed: {hint ?? Explain(cause.SocketErrorCode)}");

    public static string Show(EndPoint? endPoint) => endPoint?.ToString() ?? "?";

    public static string Show(TimeSpan timeout) => timeout.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalMilliseconds:0.###} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalSeconds:0.###} s");

    private static char ArrowOf(SocketOperation operation) =>
        operation is SocketOperation.Receive or SocketOperation.Peek or SocketOperation.Accept ? '←' : '→';
}
