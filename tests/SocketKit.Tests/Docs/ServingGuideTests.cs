using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/serving.md, run.</summary>
public sealed partial class ServingGuideTests
{
    [Fact]
    public async Task A_request_that_has_begun_is_answered_during_the_drain_and_an_idle_connection_ends_at_once()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finish = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = ServingSnippets.Answer(server, (_, _) =>
        {
            begun.TrySetResult();
            return finish.Task;
        });
        using TcpClient idle = TcpClient.Connect("localhost", server.Port);
        using TcpClient busy = TcpClient.Connect("localhost", server.Port);
        busy.Send([0, 1, 42]);
        await begun.Task.Within();
        await Eventually.BeTrueAsync(() => server.ConnectionCount == 2, "both are served");

        Task stopping = server.StopAsync(Limits.Hang);

        (await idle.ReceiveAsync(new byte[1]).Within()).Should().Be(0, "it waits between two requests");
        stopping.IsCompleted.Should().BeFalse();
        finish.SetResult([43]);
        await stopping.Within();
        await serving.Within();
        byte[] answer = new byte[1];
        await busy.ReceiveExactlyAsync(answer).Within();
        answer.Should().Equal(43);
        (await busy.ReceiveAsync(answer).Within()).Should().Be(0, "its connection was closed, not aborted");
    }

    [Fact]
    public async Task A_failure_is_reported_and_a_fault_of_the_peer_is_not()
    {
        var reports = new List<string>();
        await ServingSnippets.Report(
            0,
            reports.Add,
            static async server =>
            {
                // The second client is served after the first has ended, so the reports do not come at the same time.
                await EndOf(server, [1]);
                await EndOf(server, [2]);
            },
            static async (connection, token) =>
            {
                byte[] first = new byte[1];
                await connection.ReceiveExactlyAsync(first, token);
                throw first[0] == 1 ? new InvalidDataException("malformed") : new InvalidOperationException("a bug");
            }).Within();

        reports.Should().ContainSingle().Which.Should().StartWith("conn-").And.EndWith(": a bug");

        static async Task EndOf(TcpServer server, byte[] data)
        {
            using TcpClient client = TcpClient.Connect("localhost", server.Port);
            await client.SendAsync(data).Within();
            Func<Task> receive = () => client.ReceiveAsync(new byte[1]).Within();
            await receive.Should().ThrowAsync<SocketException>("a handler that throws aborts its connection");
            await Eventually.BeTrueAsync(() => server.ConnectionCount == 0, "its handler has been reported");
        }
    }

    [Fact]
    public async Task The_loop_serves_one_client_after_another_and_ends_with_the_server()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        Task looping = ServingSnippets.OneAtATime(server);
        for (int i = 0; i < 2; i++)
        {
            using TcpClient client = TcpClient.Connect("localhost", server.Port);
            byte[] greeting = new byte[6];
            await client.ReceiveExactlyAsync(greeting).Within();
            (await client.ReceiveAsync(greeting).Within()).Should().Be(0);
        }

        await server.StopAsync().Within();

        await looping.Within();
    }

    [LinuxFact]
    public async Task A_signal_stops_the_server_and_the_process_goes_on()
    {
        var log = new LogRecorder();

        // Both signals are registered when this returns, because nothing before that waits.
        Task serving = ServingSnippets.UntilSignal(
            0,
            new TcpServerOptions { LoggerFactory = log },
            static (connection, _) => connection.ReceiveAsync(new byte[1], connection.Stopping).AsTask());
        string listening = log.Lines.Single(static line => line.Id.Id == EventIds.ServerListening).Text;
        using TcpClient client = TcpClient.Connect(
            "localhost", int.Parse(Port().Match(listening).Groups[1].Value, CultureInfo.InvariantCulture));
        await Eventually.BeTrueAsync(
            () => log.Lines.Any(static line => line.Id.Id == EventIds.ConnectionAccepted), "the client is served, and not in the backlog");
        using Process kill = Process.Start("sh", ["-c", $"kill -TERM {Environment.ProcessId}"]);

        await serving.Within();

        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [Fact]
    public async Task A_hosted_service_starts_and_stops_with_its_host()
    {
        using var service = new ServingSnippets.HostedService(0, new TcpServerOptions(), static async (connection, _) =>
        {
            await connection.SendAsync("x", CancellationToken.None);
            await connection.ReceiveAsync(new byte[1], CancellationToken.None);
        });
        await service.StartAsync(CancellationToken.None);
        using TcpClient client = TcpClient.Connect("localhost", service.Port);
        await client.ReceiveExactlyAsync(new byte[1]).Within();
        using var hurry = new CancellationTokenSource();

        Task stopping = service.StopAsync(hurry.Token);
        stopping.IsCompleted.Should().BeFalse("the handler has not returned");
        await hurry.CancelAsync();

        await stopping.Within();
    }

    [Fact]
    public async Task Without_systemd_the_port_is_listened_on()
    {
        await ServingSnippets.Activated(0, -1, new TcpServerOptions(), static server =>
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
            await ServingSnippets.Activated(0, InheritedFrom(systemd), new TcpServerOptions(), async server =>
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

    [GeneratedRegex(@":(\d+) with")]
    private static partial Regex Port();
}
