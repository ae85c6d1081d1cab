using System.Net;
using System.Net.Sockets;
using SocketKit.Errors;

namespace SocketKit.Unix;

/// <summary>Explains errors of sockets whose addresses are paths or abstract names.</summary>
internal static class UnixFaults
{
    /// <param name="error">The system's error.</param>
    /// <param name="remote">The target; null if it is not known.</param>
    /// <returns>Null if the error has no special meaning on Unix sockets.</returns>
    public static string? Explain(SocketError error, EndPoint? remote)
    {
        bool isAbstract = UnixNames.IsAbstract(remote);
        return error switch
        {
            SocketError.AddressNotAvailable => remote is null
                ? "there is no such file (AddressNotAvailable)."
                : $"there is no file {UnixNames.Show(remote)} (AddressNotAvailable).",
            SocketError.ConnectionRefused when UnixNames.Named(remote) is null => "the receiver has closed (ConnectionRefused).",
            SocketError.ConnectionRefused => isAbstract
                ? "no socket has that name (ConnectionRefused)."
                : "no socket is bound there any more: the file is stale, or not a socket (ConnectionRefused).",
            SocketError.AccessDenied => "no right to write to the socket file or to search its directory (AccessDenied).",
            SocketError.ProtocolType => "the socket there is of another type (ProtocolType).",
            SocketError.MessageSize => "the datagram is too long for the send buffer (MessageSize). SendBufferSize sets the limit.",
            SocketError.NoBufferSpaceAvailable =>
                "the system has no memory left for it, or too many handles are in flight (NoBufferSpaceAvailable).",
            _ => null,
        };
    }

    /// <summary>Makes the exception for a failed socketpair(2).</summary>
    public static SocketOperationException PairRefused(SocketException cause) => new(
        cause.SocketErrorCode, $"create pair of Unix sockets failed: {Reasons.Of(cause.SocketErrorCode)}", "create pair");
}
