using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

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
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hurry = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await stop.Task;
        await server.StopAsync(hurry.Token);
        await serving;

        void OnSignal(PosixSignalContext signal)
        {
            // Without this the process would end when this method returns.
            signal.Cancel = true;
            if (!stop.TrySetResult())
            {
                // The second signal ends the drain.
                hurry.Cancel();
            }
        }
    }

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
