using System.Collections.Concurrent;
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
    public async Task A_line_of_one_client_goes_to_all_others_and_who_falls_behind_is_aborted()
    {
        var failures = new ConcurrentQueue<Exception>();
        using TcpServer server = TcpServer.Listen(
            "localhost",
            0,
            new TcpServerOptions { SendBufferSize = 4096, HandlerFailed = (_, exception) => failures.Enqueue(exception) });
        Task serving = ServingSnippets.Broadcast(server);
        using TcpClient slow = TcpClient.Connect("localhost", server.Port, new TcpClientOptions { ReceiveBufferSize = 4096 });
        using TcpClient reader = TcpClient.Connect("localhost", server.Port);
        using TcpClient writer = TcpClient.Connect("localhost", server.Port);
        using var lines = new StreamReader(reader.GetStream(leaveOpen: true));
        foreach (TcpClient client in (TcpClient[])[slow, reader, writer])
        {
            await client.SendAsync("o").Within();
        }

        await Eventually.BeTrueAsync(
            () => server.Connections.Count(static connection => connection.BytesReceived == 1) == 3,
            "each handler has an outbox, and has begun to read a line");

        // The rest of the first line, in one packet with the second: the handler's reader holds the second when it returns the first.
        await writer.SendAsync("ne\ntwo\n").Within();
        (await lines.ReadLineAsync().Within()).Should().Be("one");
        (await lines.ReadLineAsync().Within()).Should().Be("two");
        string line = new('x', 50_000);
        for (int i = 0; server.ConnectionCount == 3 && i < 1000; i++)
        {
            await writer.SendAsync(line + "\n").Within();
            (await lines.ReadLineAsync().Within()).Should().Be(line, "this client reads, so it is not held up by the other one");
        }

        Func<Task> receive = () => slow.GetStream(leaveOpen: true).CopyToAsync(Stream.Null).Within();
        (await receive.Should().ThrowAsync<IOException>()).Where(static exception => exception.IsDisconnect());
        await Eventually.BeTrueAsync(() => server.ConnectionCount == 2, "the handler of the slow client has ended");
        await server.StopAsync().Within();
        await serving.Within();
        (await lines.ReadLineAsync().Within()).Should().BeNull("the others are closed in order");
        failures.Should().BeEmpty("to be aborted by another handler is no failure");
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
        using TcpClient client = TcpClient.Connect("localhost", PortOf(log));
        await Eventually.BeTrueAsync(
            () => log.Lines.Any(static line => line.Id.Id == EventIds.ConnectionAccepted), "the client is served, and not in the backlog");

        await TerminateAsync();

        await serving.Within();
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [LinuxFact]
    public async Task After_a_signal_requests_are_answered_before_the_server_ends()
    {
        const int Length = 3_000_000;
        var log = new LogRecorder();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = ServingSnippets.UntilSignal(0, new TcpServerOptions { LoggerFactory = log }, async (connection, ending) =>
        {
            begun.SetResult();
            await FiredAsync(connection.Stopping);
            await connection.SendAsync(new byte[Length], ending);
        });
        using TcpClient client = TcpClient.Connect("localhost", PortOf(log));
        await begun.Task.Within();

        await TerminateAsync();

        await client.ReceiveExactlyAsync(new byte[Length]).Within();
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await serving.Within();
        log.Complaints.Should().BeEmpty();
    }

    [LinuxFact]
    public async Task A_second_signal_ends_the_drain()
    {
        var log = new LogRecorder();
        var options = new TcpServerOptions { LoggerFactory = log, DrainTimeout = TimeSpan.FromMinutes(10) };
        var stops = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = ServingSnippets.UntilSignal(0, options, async (connection, ending) =>
        {
            begun.SetResult();
            await FiredAsync(connection.Stopping);
            stops.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, ending);
        });
        using TcpClient client = TcpClient.Connect("localhost", PortOf(log));
        await begun.Task.Within();

        await TerminateAsync();
        await stops.Task.Within();
        serving.IsCompleted.Should().BeFalse("a request is being worked on");
        await TerminateAsync();

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

    private static async Task TerminateAsync()
    {
        using Process kill = Process.Start("sh", ["-c", $"kill -TERM {Environment.ProcessId}"]);
        await kill.WaitForExitAsync().Within();
    }

    private static Task FiredAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(fired.SetResult);
        return fired.Task.Within();
    }

    private static int PortOf(LogRecorder log)
    {
        string listening = log.Lines.Single(static line => line.Id.Id == EventIds.ServerListening).Text;
        return int.Parse(Port().Match(listening).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@":(\d+) with")]
    private static partial Regex Port();
}
