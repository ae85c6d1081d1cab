namespace SocketKit.Sockets.Limits;

/// <summary>A served connection after its end.</summary>
/// <param name="Reason">Why it was closed.</param>
/// <param name="Duration">From the accept to the end of the handler.</param>
/// <param name="BytesReceived">All bytes that it received.</param>
/// <param name="BytesSent">All bytes that the kernel has taken from it.</param>
internal readonly record struct ClosedConnection(CloseReason Reason, TimeSpan Duration, long BytesReceived, long BytesSent);
