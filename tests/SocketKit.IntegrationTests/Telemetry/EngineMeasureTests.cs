using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>What epoll engines tell of their loops and threads, for an engine of the test's own.</summary>
[Collection(Serial.Name)]
[SupportedOSPlatform("linux")]
public sealed class EngineMeasureTests
{
    private const string Takeovers = "socketkit.engine.takeovers";
    private const string Threads = "socketkit.engine.threads";
    private const string Utilization = "socketkit.engine.loop.utilization";

    [LinuxFact]
    public async Task A_loop_that_another_thread_takes_over_from_a_handler_that_blocks_is_counted()
    {
        using var meter = new MeterRecorder();
        (SocketEngine engine, int loop) = Create(meter);
        using var release = new ManualResetEventSlim();
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = engine });
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] word = new byte[1];
            await connection.ReceiveAsync(word, token);
            if (word[0] == 'b')
            {
                release.Wait(token);
            }

            await connection.SendAsync(word, token);
        });
        Read(Takeovers).Should().Be(0);
        using TcpClient blocked = TcpClient.Connect("127.0.0.1", server.Port);
        blocked.Send("b"u8);

        // The only loop can serve this one when it was taken over.
        using TcpClient other = TcpClient.Connect("127.0.0.1", server.Port);
        other.Send("o"u8);
        (await other.ReceiveAsync(new byte[1]).Within()).Should().Be(1);

        Read(Takeovers).Should().BePositive();
        release.Set();
        (await blocked.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
        await server.StopAsync().Within();
        await serving.Within();

        long Read(string instrument) => meter.Read(instrument, (AttributeNames.Loop, loop));
    }

    [LinuxFact]
    public void The_threads_of_all_engines_are_counted()
    {
        using var meter = new MeterRecorder();
        IEngineMeasures engine = new EpollLoops(SocketEngine.Portable, 3, BusyPoll.Off);

        engine.ThreadCount.Should().Be(5, "there are one per loop, one in reserve, and the monitor");
        meter.Read(Threads).Should().BeGreaterThanOrEqualTo(engine.ThreadCount);
    }

    [LinuxFact]
    public async Task The_utilization_of_each_loop_is_told_from_the_second_look_on()
    {
        using var meter = new MeterRecorder();
        (SocketEngine engine, int loop) = Create(meter);
        (string, object?) own = (AttributeNames.Loop, loop);
        meter.Observe(Utilization, own).Should().BeEmpty("there is nothing to compare with");
        meter.Read(Utilization, own).Should().Be(0, "the loop has nothing to do");
        await using var server = TcpServer.Listen(
            new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = engine, Dispatch = Dispatch.Inline });
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] word = new byte[1];
            while (await connection.ReceiveAsync(word, token) > 0)
            {
                // Less than the time after which another thread takes the loop over.
                long start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMicroseconds(200))
                {
                    Thread.SpinWait(10);
                }

                await connection.SendAsync(word, token);
            }
        });
        using TcpClient client = TcpClient.Connect("127.0.0.1", server.Port);
        byte[] answer = new byte[1];
        Exchange();
        meter.Observe(Utilization, own);
        for (int i = 0; i < 200; i++)
        {
            Exchange();
        }

        meter.Observe(Utilization, own).Single().Value.Should().BeGreaterThan(0).And.BeLessThanOrEqualTo(1);
        client.Dispose();
        await server.StopAsync().Within();
        await serving.Within();

        void Exchange()
        {
            client.Send("x"u8);
            client.Receive(answer).Should().Be(1);
        }
    }

    [LinuxFact]
    public void Loops_have_numbers_of_their_own_over_all_engines()
    {
        using var meter = new MeterRecorder();
        Create(meter);
        Create(meter);

        IReadOnlyList<MeterRecorder.Measured> loops = meter.Observe(Takeovers);

        loops.Select(static measured => measured[AttributeNames.Loop]).Should().OnlyHaveUniqueItems();
        loops.Should().HaveCountGreaterThanOrEqualTo(2);
    }

    /// <summary>An engine of the test's own with one loop, and the number of that loop.</summary>
    private static (SocketEngine Engine, int Loop) Create(MeterRecorder meter)
    {
        int before = meter.Observe(Takeovers).Count;
        return (SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 1 }), before);
    }
}
