using System.Net.Sockets;

namespace SocketKit.Engine;

/// <summary>An accepted connection, or why there is none.</summary>
internal readonly struct AcceptResult(IoResult outcome, StreamChannel? channel = null)
{
    public IoResult Outcome { get; } = outcome;

    /// <summary>Not null exactly if the outcome is a success. The caller owns it.</summary>
    public StreamChannel? Channel { get; } = channel;

    /// <summary>
    /// An exception that accept threw where it should have returned a status; null otherwise. The outcome is a failure then.
    /// </summary>
    public Exception? Unexpected { get; private init; }

    public static AcceptResult Broken(Exception exception) => new(IoResult.Failed(SocketError.SocketError)) { Unexpected = exception };
}
