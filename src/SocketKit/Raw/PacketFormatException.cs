namespace SocketKit;

/// <summary>
/// The bytes can be no packet of the protocol: too short, of another version, or with lengths that contradict each other.
/// </summary>
/// <remarks>Whoever may send to a raw socket decides what is in a packet, so catch this and read the next one.</remarks>
public sealed class PacketFormatException : FormatException
{
    /// <summary>Creates an exception, for a parser of your own.</summary>
    /// <param name="message">What is wrong.</param>
    public PacketFormatException(string message)
        : base(message)
    {
    }
}
