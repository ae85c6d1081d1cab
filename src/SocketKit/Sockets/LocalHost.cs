using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>The address of this machine that a name stands for when binding.</summary>
internal static class LocalHost
{
    /// <summary>A literal as it is, IPv4 where it is mapped; of a name the first IPv4 address, else the first IPv6 one.</summary>
    /// <exception cref="ArgumentException">It is no host.</exception>
    /// <exception cref="SocketException">The name has no address; the message names operation, host and port.</exception>
    public static IPEndPoint Resolve(string host, int port, SocketOperation operation)
    {
        NameAnswer answer = NameLookups.Default.Find(host, AddressFamily.Unspecified);
        if (answer.Addresses.Length == 0)
        {
            throw Faults.Wrap(operation, new SocketException((int)answer.Error), HostName.Show(host, port), answer.Why + HostName.Hint(host));
        }

        IPAddress? first = Array.Find(answer.Addresses, static address => address.AddressFamily == AddressFamily.InterNetwork);
        return new IPEndPoint(first ?? answer.Addresses[0], port);
    }
}
