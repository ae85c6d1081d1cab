using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/serving.md, compiled. ServingGuideTests runs it.</summary>
internal static class ServingSnippets
{
    public static async Task Answer(TcpServer server, Func<byte[], CancellationToken, Task<byte[]>> answerAsync)
    {
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            var length = new byte[2];
            while (true)
            {
                // Between two requests: this wait ends as soon as the server begins to stop, and has taken nothing.
                await connection.WaitReadableAsync(connection.Stopping);

                // Inside a request: it may still be finished while the server drains.
                if (!await connection.TryReceiveExactlyAsync(length, cancellationToken))
                {
                    return;
                }

                var request = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await connection.ReceiveExactlyAsync(request, TimeSpan.FromSeconds(10), cancellationToken);
                await connection.SendAsync(await answerAsync(request, cancellationToken), cancellationToken);
            }
        });
    }

    public static async Task Report(
        int port, Action<string> report, Func<TcpServer, Task> use, Func<TcpConnection, CancellationToken, Task> handler)
    {
        var options = new TcpServerOptions
        {
            MaxConnections = 1000,
            SendTimeout = TimeSpan.FromSeconds(10),
            HandlerFailed = (connection, exception) => report($"{connection.Id} {connection.RemoteEndPoint}: {exception.Message}"),
            IsPeerFault = exception => exception is InvalidDataException,
        };
        await using var server = TcpServer.Listen(port, options);

        Task serving = server.ServeAsync(handler);
        await use(server);
        await server.StopAsync();
        await serving;
    }

    public static async Task Broadcast(TcpServer server)
    {
        var outboxes = new ConcurrentDictionary<TcpConnection, Channel<string>>();
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            Channel<string> outbox = outboxes[connection] = Channel.CreateBounded<string>(100);
            Task writing = WriteAsync(connection, outbox.Reader, cancellationToken);
            try
            {
                using var lines = new StreamReader(connection.GetStream(leaveOpen: true));
                while (await lines.ReadLineAsync(connection.Stopping) is { } line)
                {
                    foreach ((TcpConnection other, Channel<string> theirs) in outboxes)
                    {
                        // TryWrite is false if 100 lines wait. The entry is removed first, so that one handler aborts it, and only once.
                        if (other != connection && !theirs.Writer.TryWrite(line) && outboxes.TryRemove(other, out _))
                        {
                            other.Abort();
                        }
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                // Another handler has aborted this connection. The exception would count as a failure of this one.
            }
            finally
            {
                outboxes.TryRemove(connection, out _);
                outbox.Writer.TryComplete();
                await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(10), cancellationToken));
            }
        });

        static async Task WriteAsync(TcpConnection connection, ChannelReader<string> outbox, CancellationToken cancellationToken)
        {
            await foreach (string line in outbox.ReadAllAsync(cancellationToken))
            {
                await connection.SendAsync(line + "\n", cancellationToken);
            }
        }
    }

    public static async Task OneAtATime(TcpServer server)
    {
        await foreach (TcpConnection connection in server.AcceptAllAsync())
        {
            // One client at a time, as in many tutorials. The next one waits in the backlog of the kernel.
            using (connection)
            {
                await connection.SendAsync("hello\n");
            }
        }
    }

    public static async Task UntilSignal(int port, TcpServerOptions options, Func<TcpConnection, CancellationToken, Task> handler)
    {
        await using var server = TcpServer.Listen(port, options);
        Task serving = server.ServeAsync(handler);
        int signals = 0;
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await serving;

        void OnSignal(PosixSignalContext signal)
        {
            // Without this the process would end when this method returns.
            signal.Cancel = true;

            // The second signal ends the drain.
            _ = server.StopAsync(Interlocked.Increment(ref signals) == 1 ? options.DrainTimeout : TimeSpan.Zero);
        }
    }

    /// <summary>Has the two methods of IHostedService.</summary>
    internal sealed class HostedService(int port, TcpServerOptions options, Func<TcpConnection, CancellationToken, Task> handler)
        : IDisposable
    {
        private TcpServer _server = null!;
        private Task _serving = Task.CompletedTask;

        public int Port => _server.Port;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            // If the port is in use, this throws, and the host does not start.
            _server = TcpServer.Listen(port, options);
            _serving = _server.ServeAsync(handler, CancellationToken.None);
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            // This token fires when the host's ShutdownTimeout is over, and ends the drain.
            await _server.StopAsync(cancellationToken);
            await _serving;
        }

        public void Dispose() => _server.Dispose();
    }
}
