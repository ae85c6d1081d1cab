using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>Resolves a host to the local address to bind to.</summary>
internal static class LocalHost
{
    /// <summary>
    /// Returns a literal address, unmapped to IPv4 where it is IPv4-mapped. Of a name it returns the first IPv4 address, else the first
    /// IPv6 one.
    /// </summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    /// <exception cref="SocketOperationException">
    /// The name has no address. The message names the operation, the host and the port.
    /// </exception>
    public static IPEndPoint Resolve(string host, int port, SocketOperation operation)
    {
        NameAnswer answer = NameLookups.Default.Find(host, AddressFamily.Unspecified);
        if (answer.Addresses.Length == 0)
        {
            var cause = new SocketException((int)answer.Error);
            throw Faults.Wrap(operation, cause, HostName.Show(host, port), answer.Why + HostName.Hint(host));
        }

        IPAddress? first = Array.Find(answer.Addresses, static address => address.AddressFamily == AddressFamily.InterNetwork);
        return new IPEndPoint(first ?? answer.Addresses[0], port);
    }
}
