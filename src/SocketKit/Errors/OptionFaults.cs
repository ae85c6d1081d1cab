using System.Net.Sockets;

namespace SocketKit.Errors;

/// <summary>Words the errors of getsockopt(2) and setsockopt(2), which mean other things than in calls that transfer bytes.</summary>
internal static class OptionFaults
{
    public const string Get = "get option";
    public const string Set = "set option";

    /// <summary>The number of bytes of a raw value that messages show.</summary>
    private const int MostShownBytes = 16;

    /// <param name="verb"><see cref="Get"/> or <see cref="Set"/>.</param>
    /// <param name="option">The option's name.</param>
    /// <param name="cause">The system's error.</param>
    /// <param name="owner">The socket whose endpoints the message shows; null for a plain socket.</param>
    /// <param name="right">The privilege that the option may need.</param>
    /// <param name="value">The refused value, formatted for the message.</param>
    public static SocketOperationException Refused(
        string verb, string option, SocketException cause, SocketBase? owner, string? right = null, string? value = null)
    {
        string where = owner is null ? string.Empty : $" on {owner.Describe('↔')}";
        string to = value is null ? string.Empty : $" to {value}";
        return new SocketOperationException(
            cause.SocketErrorCode,
            $"{verb} {option}{to}{where} failed: {Explain(cause.SocketErrorCode, right)}",
            $"{verb} {option}",
            owner?.LocalEndPoint,
            owner?.PeerEndPoint)
        {
            Origin = owner,
        };
    }

    /// <summary>Formats a typed value for messages.</summary>
    public static string Show<T>(T value) => value switch
    {
        string text => $"'{text}'",
        TimeSpan time => Faults.Show(time),
        bool on => on ? "true" : "false",
        _ => FormattableString.Invariant($"{value}"),
    };

    /// <summary>Formats a raw value in hexadecimal digits, shortened.</summary>
    public static string ShowBytes(ReadOnlySpan<byte> value) => value.Length switch
    {
        0 => "nothing",
        <= MostShownBytes => $"0x{Convert.ToHexString(value)}",
        _ => $"0x{Convert.ToHexString(value[..MostShownBytes])}… ({value.Length} bytes)",
    };

    private static string Explain(SocketError error, string? right) => error switch
    {
        SocketError.AccessDenied => right is null ? "no right (AccessDenied)." : $"no right (AccessDenied). It needs {right}.",
        SocketError.ProtocolOption or SocketError.OperationNotSupported => $"a socket of this kind does not have it ({error}).",
        SocketError.InvalidArgument => "the system does not allow that value, or not on a socket in this state (InvalidArgument).",
        SocketError.IsConnected => "it cannot be changed once the socket is connected (IsConnected).",
        SocketError.NotConnected => "it exists on connected sockets only (NotConnected).",

        // ENOENT and ENODEV: an algorithm or an interface that does not exist.
        SocketError.AddressNotAvailable or SocketError.SocketError => $"there is nothing of that name or number here ({error}).",
        _ => Reasons.Of(error),
    };
}
