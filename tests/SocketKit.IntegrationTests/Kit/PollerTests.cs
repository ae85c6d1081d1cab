using System.Net;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Base of the tests of SocketPoller: every engine's sockets in every engine's poller, because any poller takes the sockets of any engine.
/// </summary>
public abstract class PollerTests<TEngine, TPoller> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    protected static readonly byte[] Hello = "hello"u8.ToArray();

    private readonly ReadySocket[] _ready = new ReadySocket[64];

    /// <summary>Whether it waits by Socket.Select, which has limits of its own.</summary>
    protected static bool IsSelect => new TPoller().Engine.Description.StartsWith("portable", StringComparison.Ordinal);

    protected static SocketPoller NewPoller() => new(new TPoller().Engine);

    /// <summary>What a wait finds; waits for at least one socket.</summary>
    protected ReadySocket[] Find(SocketPoller poller)
    {
        int count = poller.Wait(_ready, Limits.Hang);
        count.Should().BePositive("a socket is ready");
        return _ready[..count];
    }

    /// <summary>What a look finds, which does not wait.</summary>
    protected ReadySocket[] Look(SocketPoller poller) => _ready[..poller.Wait(_ready, TimeSpan.Zero)];

    /// <summary>Waits until this socket is found with at least this readiness.</summary>
    protected ReadySocket FindWith(SocketPoller poller, SocketBase socket, Readiness readiness)
    {
        var deadline = Environment.TickCount64 + (long)Limits.Hang.TotalMilliseconds;
        while (Environment.TickCount64 < deadline)
        {
            int count = poller.Wait(_ready, Limits.Hang);
            foreach (ReadySocket found in _ready.AsSpan(0, count))
            {
                if (found.Socket == socket && (found.Readiness & readiness) == readiness)
                {
                    return found;
                }
            }
        }

        throw new TimeoutException($"{socket} never became {readiness}.");
    }

    /// <summary>Waits on a thread of its own, and returns once that thread sleeps, where the system tells that.</summary>
    protected static async Task<Task<ReadySocket[]>> StartWaiting(SocketPoller poller, TimeSpan? timeout = null, int room = 64)
    {
        var started = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ReadySocket[]> waiting = Limits.OnThread(() =>
        {
            var ready = new ReadySocket[room];
            started.SetResult(OperatingSystem.IsLinux()
                ? File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName : null);
            return ready[..poller.Wait(ready, timeout ?? Timeout.InfiniteTimeSpan)];
        });
        if (await started.Task.Within() is { } thread)
        {
            await Eventually.BeTrueAsync(() => waiting.IsCompleted || ProcessThreads.IsAsleep(thread), "it has nothing to do");
        }

        return waiting;
    }

    /// <summary>A server that has no connection waiting.</summary>
    protected TcpServer ListenAnywhere() => TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), ServerOptions);
}
