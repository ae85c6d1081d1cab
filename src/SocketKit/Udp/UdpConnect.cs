using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.Errors;

namespace SocketKit.Udp;

/// <summary>
/// Finds the address of a name to connect to. UDP has no handshake that could tell which one answers, so it is the one that a server bound to
/// that name would have: IPv4 first.
/// </summary>
internal static class UdpConnect
{
    public static IPAddress[] Resolve(string host, int port)
    {
        try
        {
            return Dns.GetHostAddresses(host);
        }
        catch (SocketException exception)
        {
            // A connect ends with SocketConnectException, also where it ends at the name.
            throw Failed(exception.SocketErrorCode, host, port, []);
        }
    }

    public static async Task<IPAddress[]> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            // A connect ends with SocketConnectException, also where it ends at the name.
            throw Failed(exception.SocketErrorCode, host, port, []);
        }
    }

    /// <summary>The first address that can be connected to.</summary>
    public static UdpEndpoint Run(string host, int port, IPAddress[] addresses, Func<IPEndPoint, UdpEndpoint> open)
    {
        var attempts = new List<ConnectAttempt>();
        foreach (IPAddress address in addresses.OrderBy(static address => address.AddressFamily != AddressFamily.InterNetwork))
        {
            var remote = new IPEndPoint(address, port);
            long start = Stopwatch.GetTimestamp();
            try
            {
                return open(remote);
            }
            catch (SocketException exception)
            {
                // No route to this one: the next may have one.
                attempts.Add(new ConnectAttempt(remote, exception, Stopwatch.GetElapsedTime(start)));
            }
        }

        throw Failed(attempts.Count == 0 ? SocketError.HostNotFound : attempts[^1].Error!.SocketErrorCode, host, port, attempts);
    }

    private static SocketConnectException Failed(SocketError error, string host, int port, List<ConnectAttempt> attempts) =>
        new(error, $"connect to {(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port} failed: {Faults.Explain(error)}", attempts);
}
