using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/unix.md, compiled and run by <see cref="UnixGuideTests"/>.</summary>
internal static class UnixSnippets
{
    /// <summary>What the code has printed.</summary>
    public static ConcurrentQueue<string> Printed { get; } = new();

    public static async Task Greet(string path)
    {
        await using UnixServer server = UnixServer.Listen(path);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            PeerCredentials peer = connection.PeerCredentials;
            await connection.SendAsync($"hello, user {peer.UserId}, process {peer.ProcessId}\n", token);
        });

        using UnixClient client = await UnixClient.ConnectAsync(path);
        using var lines = new StreamReader(client.GetStream(leaveOpen: true));
        Console.WriteLine(await lines.ReadLineAsync());
        await server.StopAsync();
        await serving;
    }

    public static UnixServer Permit(string path, uint userId)
    {
        var options = new UnixServerOptions
        {
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            AllowedUserIds = [userId],
        };
        UnixServer server = UnixServer.Listen(path, options);
        return server;
    }

    public static uint OwnUser()
    {
        // Both ends belong to this process, so each has this process as its peer.
        (UnixConnection one, UnixConnection other) = UnixConnection.CreatePair();
        uint userId = one.PeerCredentials.UserId;
        one.Dispose();
        other.Dispose();
        return userId;
    }

    public static void Abstract(string name)
    {
        using UnixServer server = UnixServer.Listen("\0" + name);
        using UnixClient client = UnixClient.Connect("\0" + name);
        Console.WriteLine($"{client.RemoteEndPoint}");
    }

    public static async Task PassFile(UnixConnection connection, UnixClient client, string fileName)
    {
        using (SafeFileHandle file = File.OpenHandle(fileName))
        {
            await connection.SendHandlesAsync("the configuration"u8.ToArray(), [file]);
        }

        byte[] buffer = new byte[256];
        using ReceivedHandles received = await client.ReceiveHandlesAsync(buffer);
        using var reader = new StreamReader(new FileStream(received.Handles[0], FileAccess.Read));
        Console.WriteLine($"{Encoding.UTF8.GetString(buffer, 0, received.Length)}: {await reader.ReadToEndAsync()}");
    }

    public static async Task PassConnection(TcpServer server, UnixConnection worker)
    {
        using TcpConnection accepted = await server.AcceptAsync();
        using var duplicate = new Socket(accepted.DuplicateHandle());
        await worker.SendHandlesAsync("serve this"u8.ToArray(), [duplicate.SafeHandle]);
    }

    public static async Task TakeConnection(UnixConnection boss)
    {
        using ReceivedHandles received = await boss.ReceiveHandlesAsync(new byte[16]);
        using var connection = TcpConnection.FromSocket(new Socket(received.TakeSocket(0)));
        await connection.SendAsync("served by the worker\n");
    }

    public static async Task<TcpServer> PassListener(TcpServer server, UnixConnection successor, UnixConnection predecessor)
    {
        // In the old process. From DuplicateHandle on, stopping the server does not end the listener.
        using var listener = new Socket(server.DuplicateHandle());
        await successor.SendHandlesAsync("the listener"u8.ToArray(), [listener.SafeHandle]);
        await server.StopAsync();

        // In the new one.
        using ReceivedHandles received = await predecessor.ReceiveHandlesAsync(new byte[16]);
        TcpServer next = TcpServer.FromSocket(new Socket(received.TakeSocket(0)));
        return next;
    }

    public static void Datagrams(string path, string senderPath)
    {
        using UnixDatagramEndpoint log = UnixDatagramEndpoint.Bind(path);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Bind(senderPath);
        sender.ConnectTo(new UnixDomainSocketEndPoint(path));
        sender.Send("disk full");

        byte[] buffer = new byte[1024];
        ReceivedDatagram message = log.ReceiveFrom(buffer);
        log.SendTo("noted", message.RemoteEndPoint!);
        Console.WriteLine(Encoding.UTF8.GetString(buffer, 0, sender.Receive(buffer).Length));
    }

    public static async Task<string> SequencedServer(string path)
    {
        using UnixSequencedServer server = UnixSequencedServer.Listen(path);
        var sequenced = new UnixDatagramOptions { SequencedPacket = true };
        using UnixDatagramEndpoint client = await UnixDatagramEndpoint.ConnectAsync(path, sequenced);
        using UnixDatagramEndpoint connection = await server.AcceptAsync();
        client.Send("hello");
        byte[] buffer = new byte[16];
        return Encoding.UTF8.GetString(buffer, 0, connection.Receive(buffer).Length);
    }

    public static int Log(string path, Action restart)
    {
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(path, new() { ReconnectAutomatically = true });
        sender.Send("before");
        restart();
        return sender.Send("after");
    }

    public static async Task Sequenced()
    {
        var options = new UnixDatagramOptions { SequencedPacket = true };
        (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(options);
        using (second)
        {
            first.Send("one");
            first.Send("");
            first.Send("three");
            first.Dispose();
            await foreach (OwnedDatagram message in second.ReceiveAllAsync())
            {
                Console.WriteLine($"{message.Data.Length} bytes");
                message.Dispose();
            }
        }
    }

    private static class Console
    {
        public static void WriteLine(string? line) => Printed.Enqueue(line ?? "nothing");
    }

    public static async Task<TlsInfo?> Secure(
        string path, TlsCertificate certificate, X509Certificate2Collection roots, CancellationToken cancellationToken)
    {
        await using UnixServer server = UnixServer.Listen(path);
        Task serving = server.ServeAsync(
            async (connection, token) =>
            {
                await connection.UpgradeToTlsAsync(new TlsServerOptions { Certificate = certificate }, token);
            },
            cancellationToken);
        using UnixClient client = await UnixClient.ConnectAsync(path, cancellationToken: cancellationToken);
        await client.UpgradeToTlsAsync(new TlsClientOptions { TargetHost = "localhost", TrustedRoots = roots }, cancellationToken);
        TlsInfo? info = client.Tls;
        await server.StopAsync(CancellationToken.None);
        await serving;
        return info;
    }
}
