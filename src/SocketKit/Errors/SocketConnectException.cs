using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit;

/// <summary>A connect failed at every address. All attempts are listed, and all descriptors are closed.</summary>
public sealed class SocketConnectException : SocketOperationException
{
    internal SocketConnectException(SocketError error, string message, IReadOnlyList<ConnectAttempt> attempts)
        : base(error, message, Faults.NameOf(SocketOperation.Connect), null, Decisive(error, attempts)) => Attempts = attempts;

    /// <summary>
    /// The attempts in the order of their start; those of the last round if the options have <see cref="RetryOptions"/>. Empty if the name
    /// could not be resolved.
    /// </summary>
    /// <value>
    /// <see cref="SocketOperationException.RemoteEndPoint"/> is the address of the last attempt that failed with this exception's error.
    /// </value>
    public IReadOnlyList<ConnectAttempt> Attempts { get; }

    private static EndPoint? Decisive(SocketError error, IReadOnlyList<ConnectAttempt> attempts) =>
        attempts.Count == 0
            ? null
            : (attempts.LastOrDefault(attempt => attempt.Error?.SocketErrorCode == error) ?? attempts[^1]).EndPoint;
}
