using System.Globalization;

namespace SocketKit;

/// <summary>
/// The peer sent bytes that can be no message: too long, malformed, or cut off by the end of the stream. The connection is aborted, because
/// nobody knows where the next message would begin.
/// </summary>
/// <remarks>
/// One that comes out of a <see cref="MessageChannel"/> is the peer's fault: when it leaves a handler of <c>ServeAsync</c> it is a Debug
/// line. The handlers of <c>KeepConnectedAsync</c> are told to <c>HandlerFailed</c>, because a client has chosen its peer; only the end
/// inside a message is a Debug line there, too. One that a handler creates and throws itself is a failure of the handler like any other,
/// unless <c>IsPeerFault</c> of the options says that it is the peer's.
/// </remarks>
public sealed class FrameException : IOException
{
    /// <summary>Creates an exception, for a framing of your own.</summary>
    /// <param name="message">What is wrong. The receive that it comes out of puts the operation and the endpoints in front.</param>
    /// <param name="announced">The length that the peer announced in bytes, or -1.</param>
    /// <param name="limit">The limit that it passed in bytes, or -1.</param>
    public FrameException(string message, long announced = -1, long limit = -1)
        : base(message)
    {
        Announced = announced;
        Limit = limit;
    }

    /// <summary>What is wrong, behind the operation and the endpoints once they are known.</summary>
    public override string Message => Where + base.Message;

    /// <summary>The length of the message that the peer announced.</summary>
    /// <value>In bytes. -1: it announced none. If the length is too small for the head it counts: the number in the length field.</value>
    public long Announced { get; }

    /// <summary>The limit that the message passed.</summary>
    /// <value>In bytes. -1: the message is wrong for another reason.</value>
    public long Limit { get; }

    /// <summary>The connection whose peer sent the bytes, once it is known.</summary>
    internal object? Origin { get; set; }

    /// <summary>The operation and the endpoints: the first words of the message. A framing does not know them.</summary>
    internal string? Where { get; set; }

    /// <summary>What is wrong, without the operation and the endpoints.</summary>
    internal string What => base.Message;

    /// <summary>The peer finished inside a message, as a program does that crashed. It sent nothing that is wrong.</summary>
    internal bool IsEndInside { get; init; }

    internal static FrameException TooLong(long announced, long limit) => new(
        string.Create(CultureInfo.InvariantCulture, $"the peer announced a message of {announced} bytes; the limit is {limit} bytes."),
        announced,
        limit);

    internal static FrameException NoEnd(long limit) => new(
        string.Create(CultureInfo.InvariantCulture, $"the peer sent more than {limit} bytes, the limit, without the end of a message."),
        limit: limit);
}
