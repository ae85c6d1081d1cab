using System.Net;
using SocketKit;

/// <summary>Who is let in: three clients at most, two of them from one address at most, nobody from an address that is banned.</summary>
internal static class Doors
{
    public static async Task ShowAsync()
    {
        // The filter is asked once per client, so a server can ban addresses while it runs.
        IPAddress? banned = null;
        TcpServerOptions options = PublicServer.WithDoors(address => !address.Equals(Volatile.Read(ref banned)));
        await using TcpServer server = TcpServer.Listen("localhost", 0, options);
        Task serving = server.ServeAsync(PublicServer.HandleAsync);

        using TcpClient first = await Stranger.GreetAsync(server.Port);
        using TcpClient second = await Stranger.GreetAsync(server.Port);
        Console.WriteLine($"[doors] a third client from one address: {await Stranger.TryAsync(server.Port)}");

        // Linux and Windows take all of 127.0.0.0/8 for addresses of this machine, macOS only the first one.
        if (!OperatingSystem.IsMacOS())
        {
            using TcpClient other = await Stranger.GreetAsync(server.Port, from: "127.0.0.2");
            Console.WriteLine($"[doors] the one too many: {await Stranger.TryAsync(server.Port, from: "127.0.0.3")}");
        }

        Volatile.Write(ref banned, IPAddress.Loopback);
        Console.WriteLine($"[doors] a client that was banned: {await Stranger.TryAsync(server.Port)}");
        await server.StopAsync();
        await serving;
        PublicServer.Print("doors", server.GetStatistics());
    }
}
