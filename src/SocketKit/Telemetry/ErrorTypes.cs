using System.Net.Sockets;
using System.Text;

namespace SocketKit.Telemetry;

/// <summary>The values of error.type.</summary>
internal static class ErrorTypes
{
    /// <summary>A connect or a handshake that its token has ended.</summary>
    public const string Canceled = "canceled";

    /// <summary>A peer that finished in the middle of a handshake.</summary>
    public const string EndOfStream = "end_of_stream";

    private static readonly string[] s_reasons = SnakeCaseOf<CloseReason>();

    /// <summary>The reason of a connection's end; null for a clean end.</summary>
    public static string? Of(CloseReason reason) =>
        reason is CloseReason.None or CloseReason.PeerFinished or CloseReason.LocalDispose ? null : s_reasons[(int)reason];

    public static string Of(SocketError error) => SnakeCase(error.ToString());

    /// <summary>The error of an accept(2), by the name that its manual page has; an exception by its type.</summary>
    public static string OfAccept(SocketError error, Exception? unexpected) => unexpected?.GetType().FullName ?? error switch
    {
        SocketError.TooManyOpenSockets => "emfile",
        SocketError.NoBufferSpaceAvailable => "enobufs",
        SocketError.ConnectionAborted => "econnaborted",
        SocketError.ConnectionReset => "econnreset",
        SocketError.NetworkDown => "enetdown",
        SocketError.NetworkUnreachable => "enetunreach",
        SocketError.HostDown => "ehostdown",
        SocketError.HostUnreachable => "ehostunreach",
        SocketError.TimedOut => "etimedout",
        SocketError.AccessDenied => "eacces",
        SocketError.ProtocolNotSupported => "eprotonosupport",
        SocketError.ProtocolOption => "enoprotoopt",
        SocketError.OperationNotSupported => "eopnotsupp",
        _ => Of(error),
    };

    /// <summary>The names of an enumeration whose values are 0, 1, 2 and so on.</summary>
    public static string[] SnakeCaseOf<TEnum>()
        where TEnum : struct, Enum => Array.ConvertAll(Enum.GetNames<TEnum>(), SnakeCase);

    /// <summary>"PeerReset" becomes "peer_reset".</summary>
    private static string SnakeCase(string name)
    {
        var result = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]))
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(name[i]));
        }

        return result.ToString();
    }
}
