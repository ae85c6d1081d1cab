using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Errors;

/// <summary>Makes every exception of the library. Each message contains the operation and the endpoints.</summary>
internal static class Faults
{
    /// <summary>Makes the exception for an operation that did not succeed.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="outcome">How the operation ended.</param>
    /// <param name="socket">The socket whose call it was.</param>
    /// <param name="timeout">The time-out that applied.</param>
    /// <param name="count">The number of bytes that were transferred, if it differs from the outcome's count.</param>
    /// <param name="cancellationToken">The token of the caller.</param>
    public static Exception Of(
        SocketOperation operation,
        IoResult outcome,
        SocketBase socket,
        TimeSpan timeout = default,
        long? count = null,
        CancellationToken cancellationToken = default) =>
        Of(operation, outcome, socket, null, timeout, count, cancellationToken);

    /// <summary>Makes the exception for a call with its own target; null for the socket's peer.</summary>
    public static Exception Of(
        SocketOperation operation,
        IoResult outcome,
        SocketBase socket,
        EndPoint? to,
        TimeSpan timeout,
        long? count,
        CancellationToken cancellationToken)
    {
        string name = NameOf(operation);
        EndPoint? remote = to ?? socket.PeerEndPoint;
        string what = $"{name} on {(to is null ? socket.Describe(ArrowOf(operation)) : socket.DescribeTo(to))}";
        return outcome.Status switch
        {
            ChannelStatus.WouldBlock => Failure(
                SocketError.WouldBlock, $"{what} would have to wait, and the socket is in non-blocking mode.", name, socket, remote),
            ChannelStatus.DeadlinePassed => TimedOut(
                $"{what} timed out after {Show(timeout)}.", name, timeout, count ?? outcome.Count, socket, remote),
            ChannelStatus.NotBegun => TimedOut(
                $"{what} was not begun, because the message before it was sent only in part.", name, timeout, 0, socket, remote),
            ChannelStatus.Abandoned => Failure(
                SocketError.OperationAborted,
                $"{what} was not begun, because the message before it was abandoned when it was sent only in part (OperationAborted).",
                name,
                socket,
                remote,
                isOwnDoing: true),
            ChannelStatus.Canceled => new OperationCanceledException($"{what} was cancelled.", cancellationToken),
            ChannelStatus.Busy => new InvalidOperationException(
                $"{what}: {socket.WhyBusy ?? "another receive is under way. One receive at a time; its caller has to await it first"}."),
            ChannelStatus.EndOfStream => new EndOfStreamException(
                $"{what}: the peer finished after {outcome.Count} bytes, before the buffer was full."),
            ChannelStatus.SendShut => Failure(
                SocketError.Shutdown,
                $"{what} failed: this side has shut down sending (Shutdown).",
                name,
                socket,
                remote,
                isOwnDoing: true),
            ChannelStatus.Failed => socket.FailureOf(what, outcome.Error) ?? Failure(
                outcome.Error,
                $"{what} failed: {socket.Explain(operation, outcome.Error, remote) ?? Reasons.Of(outcome.Error, operation)}",
                name,
                socket,
                remote),
            _ => Disposed(what, socket),
        };
    }

    /// <summary>Makes the exception for a send that named its source, which was not possible.</summary>
    public static SocketOperationException OfSource(SocketError error, SocketBase socket, EndPoint? to, IPAddress from)
    {
        string where = to is null ? socket.Describe('→') : socket.DescribeTo(to);
        string reason = error == SocketError.AddressNotAvailable
            ? "it is no address of this machine"
            : "this system sends from another address than the bound one on no call";
        string name = NameOf(SocketOperation.Send);

        // The address may be of a derived class, whose text could throw and hide the error.
        var source = new IPAddress(from.GetAddressBytes());
        return Failure(error, $"{name} on {where} from {source} failed: {reason} ({error}).", name, socket, to ?? socket.PeerEndPoint);
    }

    /// <summary>Makes the exception for a receive at the end of a sequenced-packet connection.</summary>
    public static SocketOperationException EndOfMessages(SocketOperation operation, SocketBase socket) => Failure(
        SocketError.Disconnecting,
        $"{NameOf(operation)} on {socket.Describe('←')}: the peer has closed the connection, and no message is left (Disconnecting).",
        NameOf(operation),
        socket,
        socket.PeerEndPoint);

    /// <summary>Makes the exception for a call on a closed socket.</summary>
    /// <param name="operation">The operation: "serve".</param>
    /// <param name="subject">What the operation applies to, if it is not an endpoint: "TCP_NODELAY".</param>
    /// <param name="socket">The socket whose call it was.</param>
    public static ObjectDisposedException Disposed(string operation, string? subject, SocketBase socket) =>
        Disposed($"{operation}{(subject is null ? string.Empty : $" {subject}")} on {socket.Describe('↔')}", socket);

    /// <summary>Makes the exception for an error of .NET, with the operation and the socket's endpoints.</summary>
    public static SocketOperationException Failed(string operation, SocketException cause, SocketBase socket) =>
        cause as SocketOperationException ?? Failure(
            cause.SocketErrorCode,
            $"{operation} on {socket.Describe('↔')} failed: {Reasons.Of(cause.SocketErrorCode)}",
            operation,
            socket,
            socket.PeerEndPoint);

    /// <summary>Makes the exception for a socket that is being opened at a local address.</summary>
    public static SocketOperationException Wrap(SocketOperation operation, SocketException cause, EndPoint local, string? hint = null) =>
        cause as SocketOperationException ?? new SocketOperationException(
            cause.SocketErrorCode,
            $"{NameOf(operation)} on {local} failed: {hint ?? Reasons.Of(cause.SocketErrorCode, operation, local)}",
            NameOf(operation),
            local);

    /// <summary>Makes the exception for a target that is not an address, such as a name or a protocol.</summary>
    public static SocketOperationException Wrap(SocketOperation operation, SocketException cause, string where, string? hint = null) =>
        cause as SocketOperationException ?? new SocketOperationException(
            cause.SocketErrorCode,
            $"{NameOf(operation)} on {where} failed: {hint ?? Reasons.Of(cause.SocketErrorCode, operation)}",
            NameOf(operation));

    /// <summary>Makes the exception for one failed attempt of a connect.</summary>
    public static SocketOperationException Attempt(SocketError error, string message, EndPoint remote) =>
        new(error, message, NameOf(SocketOperation.Connect), null, remote);

    /// <summary>Makes the exception for a peer that was cut because it sent too slowly.</summary>
    public static SocketTimeoutException TooSlow(string message, TimeSpan timeout, SocketBase socket) =>
        TimedOut(message, NameOf(SocketOperation.Receive), timeout, 0, socket, socket.PeerEndPoint);

    /// <summary>Makes the exception for a poller that the system does not let this process make.</summary>
    public static SocketOperationException NoPoller(SocketException cause) =>
        new(cause.SocketErrorCode, $"create poller failed: {cause.Message}", "create poller");

    /// <summary>Makes the exception for a wait for many sockets that the system has refused.</summary>
    public static SocketOperationException PollerFailed(SocketException cause) =>
        new(cause.SocketErrorCode, $"wait on a poller failed: {cause.Message}", "wait");

    public static string NameOf(SocketOperation operation) => operation switch
    {
        SocketOperation.Receive => "receive",
        SocketOperation.Peek => "peek",
        SocketOperation.Send => "send",
        SocketOperation.SendFile => "send file",
        SocketOperation.Accept => "accept",
        SocketOperation.Connect => "connect",
        SocketOperation.Disconnect => "disconnect",
        SocketOperation.Shutdown => "shutdown",
        SocketOperation.Listen => "listen",
        SocketOperation.Bind => "bind",
        SocketOperation.Open => "open",
        _ => "wait",
    };

    /// <summary>Explains an error of a connect, with the remedy if there is one.</summary>
    public static string Explain(SocketError error) => Reasons.Of(error, SocketOperation.Connect);

    public static string Show(EndPoint? endPoint) => endPoint?.ToString() ?? "?";

    public static string Show(TimeSpan timeout) => timeout.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalMilliseconds:0.###} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalSeconds:0.###} s");

    private static SocketTimeoutException TimedOut(
        string message, string operation, TimeSpan timeout, long count, SocketBase socket, EndPoint? remote) =>
        new(message, operation, timeout, count, socket.LocalEndPoint, remote) { Origin = socket };

    private static SocketOperationException Failure(
        SocketError error, string message, string operation, SocketBase socket, EndPoint? remote, bool isOwnDoing = false) =>
        new(error, message, operation, socket.LocalEndPoint, remote) { Origin = socket, IsOwnDoing = isOwnDoing };

    private static ObjectDisposedException Disposed(string what, SocketBase socket) =>
        new(socket.GetType().FullName, $"{what}: {socket.WhyClosed}.");

    private static char ArrowOf(SocketOperation operation) =>
        operation is SocketOperation.Receive or SocketOperation.Peek or SocketOperation.Accept ? '←' : '→';
}
