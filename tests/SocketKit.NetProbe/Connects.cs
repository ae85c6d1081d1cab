using System.Net;
using System.Text;

namespace SocketKit.NetProbe;

internal static class Connects
{
    /// <summary>Connects to each address in every way there is.</summary>
    public static async Task ToAsync(string[] addresses)
    {
        foreach (string address in addresses)
        {
            var remote = new IPEndPoint(IPAddress.Parse(address), 80);
            Outcome.Print($"Connect {address}", () => TcpClient.Connect(remote));
            Outcome.Print($"Connect name {address}", () => TcpClient.Connect(address, 80));
            Outcome.Print($"TryConnect {address}", () => Describe(TcpClient.TryConnect(remote)));
            await Outcome.PrintAsync($"TryConnectAsync {address}", async () => Describe(await TcpClient.TryConnectAsync(remote)));
            await Outcome.PrintAsync($"ConnectAsync {address}", async () => await TcpClient.ConnectAsync(remote));
            Outcome.Print($"UDP {address}", () =>
            {
                using UdpEndpoint udp = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
                return udp.SendTo("x"u8, remote);
            });
        }
    }

    /// <summary>A server of both families, and clients by name and by each address.</summary>
    public static async Task ThroughDualModeAsync()
    {
        await using var server = TcpServer.Listen(0);
        Task serving = server.ServeAsync(static async (connection, cancellationToken) =>
        {
            byte[] buffer = new byte[16];
            int received = await connection.ReceiveAsync(buffer, cancellationToken);
            await connection.SendAsync(buffer.AsMemory(0, received), cancellationToken);
        });

        foreach (string host in new[] { "localhost", "::1", "127.0.0.1" })
        {
            Outcome.Print($"Connect {host}", () => Echo(TcpClient.Connect(host, server.Port)));
            await Outcome.PrintAsync($"ConnectAsync {host}", async () => Echo(await TcpClient.ConnectAsync(host, server.Port)));
        }

        await server.StopAsync(TimeSpan.Zero);
        await serving;
    }

    private static string Describe(ConnectResult result) => $"{result.IsConnected} {result.SocketErrorCode}";

    private static string Echo(TcpClient client)
    {
        using (client)
        {
            client.Timeout = TimeSpan.FromSeconds(30);
            client.Send("echo"u8);
            byte[] buffer = new byte[4];
            client.ReceiveExactly(buffer);
            return $"{Encoding.ASCII.GetString(buffer)} from {client.RemoteEndPoint!.Address}";
        }
    }
}
