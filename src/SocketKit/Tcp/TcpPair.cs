using System.Net;

namespace SocketKit.Tcp;

/// <summary>
/// Makes a connected pair over loopback. Any other client that connects to the short-lived listener is turned away (CVE-2024-3219).
/// </summary>
internal static class TcpPair
{
    public static (TcpConnection First, TcpConnection Second) Create()
    {
        using TcpServer server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Backlog = 1 });
        TcpClient client = TcpClient.Connect(server.LocalEndPoint);
        try
        {
            while (true)
            {
                TcpConnection accepted = server.Accept();
                if (accepted.RemoteEndPoint.Equals(client.LocalEndPoint))
                {
                    return (client, accepted);
                }

                accepted.Abort();
            }
        }
        catch
        {
            // The second end failed, so the first one is of no use.
            client.Dispose();
            throw;
        }
    }
}
