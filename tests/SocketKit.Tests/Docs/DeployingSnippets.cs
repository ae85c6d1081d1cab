using System.Net.Sockets;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/deploying.md, compiled. DeployingGuideTests runs it.</summary>
internal static class DeployingSnippets
{
    public static async Task Activated(
        int port, nint descriptor, TcpServerOptions options, Func<TcpServer, Task> use)
    {
        // sd_listen_fds(3): the sockets are for the process that LISTEN_PID names.
        bool isActivated = Environment.GetEnvironmentVariable("LISTEN_PID") == $"{Environment.ProcessId}";
        await using TcpServer server = isActivated
            ? TcpServer.FromSocket(new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)), options, ownsSocket: false)
            : TcpServer.Listen(port, options);

        await use(server);
    }
}
