using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit.Udp;

/// <summary>
/// Finds the address of a name to connect to. UDP has no handshake that would show which address answers. So IPv4 comes first, as it does
/// for a server that binds to that name.
/// </summary>
internal static class UdpConnect
{
    /// <summary>Blocks the calling thread, for at most the options' ConnectTimeout.</summary>
    public static List<IPEndPoint> Resolve(string host, int port, UdpEndpointOptions options) => Found(
        options.Names.Find(host, AddressFamily.Unspecified, Deadline.After(options.ConnectTimeout)), host, port, options);

    public static async Task<List<IPEndPoint>> ResolveAsync(
        string host, int port, UdpEndpointOptions options, CancellationToken cancellationToken)
    {
        NameAnswer answer = await options.Names.FindAsync(
            host, AddressFamily.Unspecified, Deadline.After(options.ConnectTimeout), cancellationToken).ConfigureAwait(false);
        return cancellationToken.IsCancellationRequested
            ? throw new OperationCanceledException($"connect to {HostName.Show(host, port)} was cancelled.", cancellationToken)
            : Found(answer, host, port, options);
    }

    /// <summary>Connects to the first address that has a route.</summary>
    /// <param name="target">The host and port, or the address, as messages show it.</param>
    /// <param name="candidates">The addresses to try, in this order; at least one.</param>
    /// <param name="options">The checked options.</param>
    /// <param name="open">Opens an endpoint and connects it.</param>
    public static UdpEndpoint Run(
        string target,
        List<IPEndPoint> candidates,
        UdpEndpointOptions options,
        Func<IPEndPoint, UdpEndpointOptions, UdpEndpoint> open)
    {
        var attempts = new List<ConnectAttempt>();
        string why = string.Empty;
        foreach (IPEndPoint remote in candidates)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                return open(remote, options);
            }
            catch (SocketException exception) when (!options.IsOfConfigure(exception))
            {
                // No descriptor is left, or this address has no route. The next address may have one.
                attempts.Add(new ConnectAttempt(remote, exception, Stopwatch.GetElapsedTime(start)));
                why = IPv6Support.WhyNot(exception.SocketErrorCode, remote.Address) ?? Faults.Explain(exception.SocketErrorCode);
            }
        }

        throw Failed(attempts[^1].Error!.SocketErrorCode, target, why, attempts);
    }

    /// <summary>
    /// Returns at least one address, IPv4 first. A failed look-up throws SocketConnectException, as a failed connect does.
    /// </summary>
    private static List<IPEndPoint> Found(NameAnswer answer, string host, int port, UdpEndpointOptions options) =>
        ReferenceEquals(answer, NameAnswer.GivenUp)
            ? throw Failed(
                SocketError.TimedOut,
                HostName.Show(host, port),
                $"the name look-up took longer than {Faults.Show(options.ConnectTimeout)}.",
                [])
        : answer.Addresses.Length > 0
            ? [.. answer.Addresses
                .OrderBy(static address => address.AddressFamily != AddressFamily.InterNetwork)
                .Select(address => new IPEndPoint(address, port))]
        : throw Failed(answer.Error, HostName.Show(host, port), answer.Why + HostName.Hint(host), []);

    private static SocketConnectException Failed(SocketError error, string target, string why, List<ConnectAttempt> attempts) =>
        new(error, $"connect to {target} failed: {why}", attempts);
}
