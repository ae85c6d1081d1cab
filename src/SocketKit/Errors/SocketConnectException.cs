using System.Net.Sockets;

namespace SocketKit;

/// <summary>No address could be connected to. Every attempt is listed; every descriptor is closed.</summary>
public sealed class SocketConnectException : SocketException
{
    internal SocketConnectException(SocketError error, string message, IReadOnlyList<ConnectAttempt> attempts)
        : base((int)error, message) => Attempts = attempts;

    /// <summary>The addresses that were tried, in the order of their start. Empty if the name could not be resolved.</summary>
    public IReadOnlyList<ConnectAttempt> Attempts { get; }
}
