using System.Net;
using System.Net.Sockets;

namespace SocketKit;

/// <summary>One address that a connect tried.</summary>
/// <param name="EndPoint">The address that was tried.</param>
/// <param name="Error">Why the attempt failed; null for the one that succeeded.</param>
/// <param name="Elapsed">The time from the start of this attempt to its end.</param>
public sealed record ConnectAttempt(EndPoint EndPoint, SocketException? Error, TimeSpan Elapsed)
{
    /// <summary>The start of the attempt, by Stopwatch.</summary>
    internal long Started { get; init; }
}
