using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>The address of this machine that a name stands for when binding.</summary>
internal static class LocalHost
{
    /// <summary>A literal as it is; of a name the first IPv4 address, else the first IPv6 one.</summary>
    public static IPAddress Resolve(string host, SocketOperation operation)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return literal;
        }

        try
        {
            IPAddress[] addresses = Dns.GetHostAddresses(host);
            return Array.Find(addresses, static address => address.AddressFamily == AddressFamily.InterNetwork)
                ?? (addresses.Length > 0 ? addresses[0] : throw new SocketException((int)SocketError.HostNotFound));
        }
        catch (SocketException exception)
        {
            // The resolver's message does not name the host, nor what it was for.
            throw Faults.Wrap(operation, exception, host);
        }
    }
}
