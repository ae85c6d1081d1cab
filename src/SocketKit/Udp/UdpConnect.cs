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
    public static IPAddress[] Resolve(string host, int port) =>
        Found(NameLookups.Default.Find(host, AddressFamily.Unspecified), host, port);

    public static async Task<IPAddress[]> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        NameAnswer answer = await NameLookups.Default.FindAsync(
            host, AddressFamily.Unspecified, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
        return cancellationToken.IsCancellationRequested
            ? throw new OperationCanceledException($"connect to {HostName.Show(host, port)} was cancelled.", cancellationToken)
            : Found(answer, host, port);
    }

    /// <summary>Connects to the first address that has a route.</summary>
    public static UdpEndpoint Run(
        string host, int port, IPAddress[] addresses, UdpEndpointOptions options, Func<IPEndPoint, UdpEndpointOptions, UdpEndpoint> open)
    {
        var attempts = new List<ConnectAttempt>();
        string why = string.Empty;
        foreach (IPAddress address in addresses.OrderBy(static address => address.AddressFamily != AddressFamily.InterNetwork))
        {
            var remote = new IPEndPoint(address, port);
            long start = Stopwatch.GetTimestamp();
            try
            {
                return open(remote, options);
            }
            catch (SocketException exception) when (!options.IsOfConfigure(exception))
            {
                // No descriptor is left, or this address has no route. The next address may have one.
                attempts.Add(new ConnectAttempt(remote, exception, Stopwatch.GetElapsedTime(start)));
                why = IPv6Support.WhyNot(exception.SocketErrorCode, address) ?? Faults.Explain(exception.SocketErrorCode);
            }
        }

        throw Failed(attempts[^1].Error!.SocketErrorCode, host, port, why, attempts);
    }

    /// <summary>Returns at least one address. A failed look-up throws SocketConnectException, as a failed connect does.</summary>
    private static IPAddress[] Found(NameAnswer answer, string host, int port) => answer.Addresses.Length > 0
        ? answer.Addresses
        : throw Failed(answer.Error, host, port, answer.Why + HostName.Hint(host), []);

    private static SocketConnectException Failed(SocketError error, string host, int port, string why, List<ConnectAttempt> attempts) =>
        new(error, $"connect to {HostName.Show(host, port)} failed: {why}", attempts);
}
