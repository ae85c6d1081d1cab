using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/deploying.md, run.</summary>
public sealed class DeployingGuideTests
{
    [Fact]
    public async Task Without_systemd_the_port_is_listened_on()
    {
        await DeployingSnippets.Activated(0, -1, new TcpServerOptions(), static server =>
        {
            using TcpClient client = TcpClient.Connect("localhost", server.Port);
            using TcpConnection accepted = server.Accept();
            return Task.CompletedTask;
        });
    }

    [LinuxFact]
    public async Task An_inherited_listener_is_served_and_still_listens_after_the_stop()
    {
        using TcpServer systemd = TcpServer.Listen("localhost", 0);
        Environment.SetEnvironmentVariable("LISTEN_PID", $"{Environment.ProcessId}");
        for (int start = 0; start < 2; start++)
        {
            await DeployingSnippets.Activated(0, InheritedFrom(systemd), new TcpServerOptions(), async server =>
            {
                server.Port.Should().Be(systemd.Port);
                Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("x", token).AsTask());
                using TcpClient client = TcpClient.Connect("localhost", server.Port);
                await client.ReceiveExactlyAsync(new byte[1]).Within();
                await server.StopAsync().Within();
                await serving.Within();
            });
        }

        Environment.SetEnvironmentVariable("LISTEN_PID", null);
        using TcpClient waiting = TcpClient.Connect("localhost", systemd.Port);
        using TcpConnection accepted = await systemd.AcceptAsync(Limits.Hang);
    }

    /// <summary>A descriptor with no owner in this process, as after a start by systemd.</summary>
    private static nint InheritedFrom(TcpServer server)
    {
        SafeSocketHandle handle = server.DuplicateHandle();
        nint descriptor = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return descriptor;
    }
}
