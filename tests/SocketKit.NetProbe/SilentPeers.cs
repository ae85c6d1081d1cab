using System.Diagnostics;
using System.Globalization;

namespace SocketKit.NetProbe;

/// <summary>A peer that has fallen silent, because the firewall drops everything to and from it, and the kernel giving up on it.</summary>
internal static class SilentPeers
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    public static async Task RunAsync()
    {
        var userTimeout = new TcpClientOptions { UserTimeout = TimeSpan.FromMilliseconds(300), KeepAlive = null };
        var keepAlive = new TcpClientOptions { KeepAlive = new TcpKeepAlive(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 1) };
        await RunAsync("UserTimeout", userTimeout, sends: true);
        await RunAsync("KeepAlive", keepAlive, sends: false);
    }

    private static async Task RunAsync(string name, TcpClientOptions options, bool sends)
    {
        await LoseAsync($"{name} Receive", options, sends, Timeout.InfiniteTimeSpan, ReceiveOnThread);
        await LoseAsync($"{name} Receive before its deadline", options, sends, s_long, ReceiveOnThread);
        await LoseAsync($"{name} ReceiveAsync", options, sends, s_long, static client => client.ReceiveAsync(new byte[1]).AsTask());
    }

    private static Task<int> ReceiveOnThread(TcpClient client) => Task.Factory.StartNew(
        () => client.Receive(new byte[1]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task LoseAsync(
        string what, TcpClientOptions options, bool sends, TimeSpan timeout, Func<TcpClient, Task<int>> receive)
    {
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        using TcpClient client = TcpClient.Connect(server.LocalEndPoint, options);
        using TcpConnection accepted = server.Accept();
        client.Timeout = timeout;
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        await DropAsync("--dport", port);
        await DropAsync("--sport", port);
        if (sends)
        {
            client.Send("x"u8);
        }

        await Outcome.PrintAsync(what, async () => await receive(client));
        Console.WriteLine($"{what}, then: {client.CloseReason}");
    }

    private static async Task DropAsync(string side, string port)
    {
        using Process iptables = Process.Start("iptables", ["-A", "INPUT", "-p", "tcp", side, port, "-j", "DROP"]);
        await iptables.WaitForExitAsync();
        if (iptables.ExitCode != 0)
        {
            throw new InvalidOperationException("iptables failed.");
        }
    }
}
