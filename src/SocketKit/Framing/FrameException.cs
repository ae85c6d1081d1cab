using System.Globalization;

namespace SocketKit;

/// <summary>
/// The peer sent bytes that can be no message: too long, malformed, or cut off by the end of the stream. The connection is aborted, because
/// nobody knows where the next message would begin.
/// </summary>
public sealed class FrameException : IOException
{
    /// <summary>Creates an exception, for a framing of your own.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="announced">The length that the peer announced in bytes, or -1.</param>
    /// <param name="limit">The limit that it passed in bytes, or -1.</param>
    public FrameException(string message, long announced = -1, long limit = -1)
        : base(message)
    {
        Announced = announced;
        Limit = limit;
    }

    /// <summary>The length of the message that the peer announced.</summary>
    /// <value>In bytes. -1: it announced none. If the length is too small for the head it counts: the number in the length field.</value>
    public long Announced { get; }

    /// <summary>The limit that the message passed.</summary>
    /// <value>In bytes. -1: the message is wrong for another reason.</value>
    public long Limit { get; }

    /// <summary>The connection whose peer sent the bytes, once it is known.</summary>
    internal object? Origin { get; set; }

    internal static FrameException TooLong(long announced, long limit) => new(
        string.Create(CultureInfo.InvariantCulture, $"The peer announced a message of {announced} bytes; the limit is {limit} bytes."),
        announced,
        limit);

    internal static FrameException NoEnd(long limit) => new(
        string.Create(CultureInfo.InvariantCulture, $"The peer sent more than {limit} bytes, the limit, without the end of a message."),
        limit: limit);
}
