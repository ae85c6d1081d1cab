using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>One address that a connect tried.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Error">Why it failed; null for the attempt that won.</param>
/// <param name="Elapsed">From the start of this attempt to its end.</param>
public sealed record ConnectAttempt(EndPoint EndPoint, SocketException? Error, TimeSpan Elapsed);
