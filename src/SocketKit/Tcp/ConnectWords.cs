using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit.Tcp;

/// <summary>Words the messages of failed connects.</summary>
internal static class ConnectWords
{
    public static string Why(SocketError error, IPEndPoint remote) => IPv6Support.WhyNot(error, remote.Address) ?? Faults.Explain(error);

    /// <summary>The message for the whole connect. It lists the addresses that were tried, unless the target is the only one.</summary>
    /// <param name="target">The host and port, or the address.</param>
    /// <param name="where">The round, " in round 2", or nothing.</param>
    /// <param name="error">The error of the connect.</param>
    /// <param name="why">The error of the last attempt as messages show it.</param>
    /// <param name="timeout">The time-out that applied.</param>
    /// <param name="attempts">The attempts of the round.</param>
    public static string Failure(
        string target, string where, SocketError error, string why, TimeSpan timeout, IReadOnlyList<ConnectAttempt> attempts)
    {
        string what = error == SocketError.TimedOut
            ? $"connect to {target} timed out{where} after {Faults.Show(timeout)}."
            : $"connect to {target} failed{where}: {why}";
        string tried = attempts is [var only]
            ? Faults.Show(only.EndPoint)
            : string.Join(", ", attempts.Select(Describe));
        return tried == target || attempts.Count == 0 ? what : $"{what} Tried {tried}.";
    }

    private static string Describe(ConnectAttempt attempt) => string.Create(
        CultureInfo.InvariantCulture,
        $"{attempt.EndPoint} ({attempt.Error?.SocketErrorCode} after {attempt.Elapsed.TotalMilliseconds:0.#} ms)");
}
