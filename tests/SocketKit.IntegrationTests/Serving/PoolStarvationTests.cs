using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A thread pool without a free thread: blocking calls need none, and their deadlines come in time.</summary>
[Collection(Serial.Name)]
public abstract class PoolStarvationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_latest = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Blocking_calls_and_their_deadlines_need_no_pool_thread()
    {
        using TcpServer server = Listen();
        using TcpPairUnderTest pair = ConnectPair();
        using UdpEndpoint datagrams = UdpEndpoint.Bind(0, new UdpEndpointOptions { Engine = Engine });
        using var hole = new BlackHole();
        server.Timeout = pair.Client.Timeout = datagrams.Timeout = s_deadline;
        TcpClientOptions impatient = ClientOptions;
        impatient.ConnectTimeout = s_deadline;
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);

        List<(string Call, Exception? Failure, TimeSpan Time)> seen = await WhileStarved(() =>
        [
            Timed("receive", () => pair.Client.Receive(new byte[1])),
            Timed("send", () => pair.Client.Send(large)),
            Timed("accept", () => server.Accept()),
            Timed("datagram", () => datagrams.ReceiveFrom(new byte[1])),
            Timed("connect", () => TcpClient.Connect(hole.EndPoint, impatient)),
            Timed("wait", () => pair.Client.WaitReadable(s_deadline).Should().BeFalse()),
        ]);

        foreach ((string call, Exception? failure, TimeSpan time) in seen)
        {
            (call == "wait" ? failure is null : failure!.IsTimeout()).Should().BeTrue($"{call} ended with {failure}");
            time.Should().BeGreaterThanOrEqualTo(s_deadline, call).And.BeLessThan(s_deadline + s_latest, call);
        }
    }

    [Fact]
    public async Task Blocking_calls_talk_without_a_pool_thread()
    {
        using TcpServer server = Listen();
        server.Timeout = s_latest;

        List<(string Call, Exception? Failure, TimeSpan Time)> seen = await WhileStarved(() =>
        [
            Timed("talk", () =>
            {
                using TcpClient client = Connect(server);
                using TcpConnection accepted = server.Accept();
                client.Timeout = accepted.Timeout = s_latest;
                client.Send("hello"u8);
                accepted.ReceiveExactly(new byte[5]);
                accepted.Dispose();
                client.Receive(new byte[1]).Should().Be(0);
            }),
        ]);

        seen.Should().OnlyContain(static call => call.Failure == null);
    }

    private static bool HaveAllThreadsWork()
    {
        ThreadPool.GetAvailableThreads(out int workers, out _);
        return workers == 0;
    }

    protected static (string Call, Exception? Failure, TimeSpan Time) Timed(string name, Action call)
    {
        long start = Stopwatch.GetTimestamp();
        Exception? failure = Record.Exception(call);
        return (name, failure, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Runs the body on a thread of its own while every pool thread is taken, and twice as many are asked for.</summary>
    protected static async Task<List<(string Call, Exception? Failure, TimeSpan Time)>> WhileStarved(
        Func<List<(string Call, Exception? Failure, TimeSpan Time)>> body)
    {
        ThreadPool.GetMaxThreads(out int workers, out int completions);
        ThreadPool.GetMinThreads(out int leastWorkers, out int leastCompletions);

        // Not disposed, because it may be waited for after the end.
        var release = new ManualResetEventSlim();
        return await Limits.OnThread(() =>
        {
            try
            {
                ThreadPool.SetMinThreads(1, 1).Should().BeTrue();
                ThreadPool.SetMaxThreads(Environment.ProcessorCount, Environment.ProcessorCount).Should().BeTrue();
                for (int i = 0; i < 2 * Environment.ProcessorCount; i++)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Wait(Limits.Hang), release, preferLocal: false);
                }

                // A thread that has none of these yet would handle an event of a socket first. The test runner may hold threads itself.
                SpinWait.SpinUntil(HaveAllThreadsWork, Limits.Hang).Should().BeTrue();

                var reached = new StrongBox<bool>();
                ThreadPool.UnsafeQueueUserWorkItem(static mark => Volatile.Write(ref mark.Value, true), reached, preferLocal: false);
                List<(string Call, Exception? Failure, TimeSpan Time)> result = body();
                Volatile.Read(ref reached.Value).Should().BeFalse("or a pool thread was free");
                return result;
            }
            finally
            {
                release.Set();
                ThreadPool.SetMaxThreads(workers, completions);
                ThreadPool.SetMinThreads(leastWorkers, leastCompletions);
            }
        }).WaitAsync(Limits.Hang * 2);
    }
}

public sealed class PoolStarvationTests_Portable : PoolStarvationTests<PortableUnderTest>
{
    [LinuxTheory]
    [InlineData("wait")]
    [InlineData("send")]
    public async Task A_reset_is_no_end_while_the_call_that_may_know_of_it_has_no_thread(string pending)
    {
        long start = Stopwatch.GetTimestamp();
        Exception? peeked;
        Exception? received;
        do
        {
            (peeked, received) = await ResetWhileStarved(pending);

            // Null: a pool thread that was about to take its first item took the reset to the pending call. Not the situation meant.
        }
        while (peeked is null && Stopwatch.GetElapsedTime(start) < Limits.Hang);

        peeked.Should().BeOfType<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        Expect.Socket(received, SocketError.ConnectionReset);
    }

    private async Task<(Exception? Peeked, Exception? Received)> ResetWhileStarved(string pending)
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task knows = pending == "wait"
            ? pair.Client.WaitReadableAsync().AsTask()
            : pair.Client.SendAsync(Payload.Of(Payload.MoreThanKernelTakes)).AsTask();
        knows.IsCompleted.Should().BeFalse();
        using var peeks = new Socket(pair.Client.DuplicateHandle()) { Blocking = false };

        List<(string Call, Exception? Failure, TimeSpan Time)> seen = await WhileStarved(() =>
        [
            Timed("reset", pair.Accepted.Abort),
            Timed("wait", () => pair.Client.WaitReadable(Limits.Hang)),

            // As the pending call would, which has no thread: the kernel tells of a reset once.
            Timed("peek", () => peeks.Receive(new byte[1], SocketFlags.Peek)),
            Timed("receive", () => pair.Client.Receive(new byte[1])),
        ]);

        // Whoever learns of the reset, no receive says that the peer ended in order.
        Expect.Socket(seen[3].Failure, SocketError.ConnectionReset);
        await Expect.Failure(knows);
        return (seen[2].Failure, seen[3].Failure);
    }
}

public sealed class PoolStarvationTests_Epoll : PoolStarvationTests<EpollUnderTest>;
