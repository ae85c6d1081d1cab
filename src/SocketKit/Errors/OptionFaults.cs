using System.Net.Sockets;

namespace SocketKit.Errors;

/// <summary>Words the refusals of getsockopt(2) and setsockopt(2), where errors mean other things than in calls that move bytes.</summary>
internal static class OptionFaults
{
    /// <param name="verb">"get" or "set".</param>
    /// <param name="option">The option as the user knows it.</param>
    /// <param name="cause">What the system said.</param>
    /// <param name="owner">Whose endpoints the message shows; null for a plain socket.</param>
    /// <param name="right">The right that the option may need.</param>
    public static SocketException Refused(string verb, string option, SocketException cause, SocketBase? owner, string? right = null)
    {
        string where = owner is null ? string.Empty : $" on {owner.Describe('↔')}";
        return new SocketException((int)cause.SocketErrorCode, $"{verb} option {option}{where} failed: {Explain(cause.SocketErrorCode, right)}");
    }

    private static string Explain(SocketError error, string? right) => error switch
    {
        SocketError.AccessDenied => right is null ? "no right (AccessDenied)." : $"no right (AccessDenied). It needs {right}.",
        SocketError.ProtocolOption or SocketError.OperationNotSupported => $"a socket of this kind does not have it ({error}).",
        SocketError.InvalidArgument => "the system does not allow that value, or not on a socket in this state (InvalidArgument).",
        SocketError.IsConnected => "it cannot be changed once the socket is connected (IsConnected).",
        SocketError.NotConnected => "it exists on connected sockets only (NotConnected).",
        // ENOENT and ENODEV: an algorithm or an interface that does not exist.
        SocketError.AddressNotAvailable or SocketError.SocketError => $"there is nothing of that name or number here ({error}).",
        _ => Faults.Explain(error),
    };
}
