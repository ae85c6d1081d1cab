using System.Diagnostics;
using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>A server on epoll, in a process of its own, to which nothing happens, or which is stopped for a while as a whole.</summary>
/// <remarks>Beside other tests each waking of the server costs it more.</remarks>
[Collection(Serial.Name)]
public sealed class IdleTests : EngineTests<EpollUnderTest>
{
    /// <summary>What the whole test allows per second.</summary>
    private const double SettledMilliseconds = 2;

    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(1);

    [LinuxFact("env")]
    public async Task Ten_idle_seconds_cost_less_than_twenty_milliseconds_of_processor()
    {
        await using FaultServerProcess server = await FaultServerProcess.StartAsync("epoll", "env");
        TcpClient[] clients = [.. Enumerable.Range(0, 16).Select(_ => TcpClient.Connect(server.EndPoint, ClientOptions))];
        foreach (TcpClient client in clients)
        {
            (await FaultServerProcess.IsServedAsync(client)).Should().BeTrue();
        }

        // The runtime still compiles what was used often, and stops when it has.
        double before = ProcessThreads.ProcessorMilliseconds(server.Id);
        double spent;
        long started = Stopwatch.GetTimestamp();
        do
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(Limits.Hang, "it comes to rest");
            await Task.Delay(s_settling);
            double now = ProcessThreads.ProcessorMilliseconds(server.Id);
            (spent, before) = (now - before, now);
        }
        while (spent > SettledMilliseconds);

        await Task.Delay(TimeSpan.FromSeconds(10));

        (ProcessThreads.ProcessorMilliseconds(server.Id) - before).Should().BeLessThan(20);
        (await FaultServerProcess.IsServedAsync(clients[^1])).Should().BeTrue("it only slept");
        Array.ForEach(clients, static client => client.Dispose());
    }

    [LinuxFact("env", "kill")]
    public async Task A_process_that_was_stopped_goes_on_where_it_was()
    {
        await using FaultServerProcess server = await FaultServerProcess.StartAsync("epoll", "env");
        string id = server.Id.ToString(CultureInfo.InvariantCulture);
        using TcpClient client = TcpClient.Connect(server.EndPoint, ClientOptions);
        using TcpClient watching = TcpClient.Connect(server.EndPoint, ClientOptions);
        byte[] ball = new byte[1];
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(ball).Within();
            await Tool.RunAsync("kill", "-STOP", id);

            // The signal is taken by one thread, and the others go on until that one runs.
            await Eventually.BeTrueAsync(() => IsStopped(server.Id), "it was told to stop");
            await watching.SendAsync(ball).Within();
            watching.WaitReadable(TimeSpan.FromMilliseconds(200)).Should().BeFalse("it is stopped");
            await Tool.RunAsync("kill", "-CONT", id);

            (await client.ReceiveAsync(ball).Within()).Should().Be(1);
            (await watching.ReceiveAsync(ball).Within()).Should().Be(1);
        }

        (await server.AskAsync("warnings")).Should().Be(0);
    }

    /// <summary>Whether each thread is in the state T of proc(5), which follows the name in parentheses.</summary>
    private static bool IsStopped(int process) =>
        ProcessThreads.All(process, static task => File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1][0] == 'T');
}
