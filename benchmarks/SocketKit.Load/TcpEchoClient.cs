using System.Diagnostics;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>Closed-loop echo load: every connection keeps a number of messages in flight and compares what comes back.</summary>
internal static class TcpEchoClient
{
    /// <summary>Connections that are opened at a time.</summary>
    private const int OpenedAtOnce = 64;

    /// <returns>Whether every byte came back.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { Engine = arguments.StreamEngine, Dispatch = arguments.Dispatch };
        (string host, int port) = (arguments.Host, arguments.Port);
        int connections = arguments.Integer("connections", 1, 60_000, 1);
        int size = arguments.Integer("size", 1, 1 << 20, 32);
        int depth = arguments.Integer("depth", 1, 4096, 1);
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();
        if ((long)size * depth > 64 << 20)
        {
            throw new FormatException("--size times --depth is above 64 MiB.");
        }

        TcpClient[] clients = await OpenAsync(host, port, options, connections, cancellationToken);
        var pattern = new EchoPattern(size * depth);
        var measurement = new Measurement(warmUp, seconds);
        Task[] exchanges = [.. clients.Select(
            client => Task.Run(() => new Exchange(client, size, depth, pattern, measurement).RunAsync()))];
        await measurement.RunAsync(cancellationToken);
        await Task.WhenAll(exchanges);
        Console.WriteLine($"tcp_echo connections={connections} size={size} depth={depth} {measurement}");
        return measurement.Errors == 0;
    }

    private static async Task<TcpClient[]> OpenAsync(
        string host, int port, TcpClientOptions options, int count, CancellationToken cancellationToken)
    {
        var clients = new List<TcpClient>(count);
        foreach (int[] batch in Enumerable.Range(0, count).Chunk(OpenedAtOnce))
        {
            clients.AddRange(await Task.WhenAll(batch.Select(_ => TcpClient.ConnectAsync(host, port, options, cancellationToken))));
        }

        return [.. clients];
    }

    /// <summary>One connection. Sending goes on beside receiving, so that a large depth cannot lock both sides in a send.</summary>
    private sealed class Exchange(TcpClient client, int size, int depth, EchoPattern pattern, Measurement measurement)
    {
        private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

        private readonly byte[] _buffer = new byte[size * depth];
        private readonly Queue<long> _sentAt = new(depth);
        private Task _sending = Task.CompletedTask;
        private long _sent;
        private long _received;
        private int _owed = depth;

        public async Task RunAsync()
        {
            client.Timeout = s_silence;
            try
            {
                Send();
                while (_sentAt.Count > 0)
                {
                    int received = await client.ReceiveAsync(_buffer);
                    if (received == 0)
                    {
                        throw new InvalidDataException($"{client} ended with {_sentAt.Count} echoes missing.");
                    }

                    Take(received);
                    if (_sentAt.Count == 0 || _sending.IsCompleted)
                    {
                        await _sending;
                        Send();
                    }
                }
            }
            catch (Exception problem) when (problem is SocketException or InvalidDataException)
            {
                // A connection that failed is an error of the run; the others go on.
                measurement.CountError(problem.Message);
            }
            finally
            {
                await client.DisposeAsync();
            }
        }

        private void Take(int received)
        {
            if (!pattern.Matches(_received, _buffer.AsSpan(0, received)))
            {
                throw new InvalidDataException($"{client} got other bytes back than it sent, at or behind byte {_received}.");
            }

            long before = _received / size;
            _received += received;
            for (long complete = _received / size - before; complete > 0; complete--)
            {
                measurement.CountMessage(_sentAt.Dequeue());
                _owed++;
            }
        }

        private void Send()
        {
            if (_owed == 0 || measurement.HasEnded)
            {
                return;
            }

            ReadOnlyMemory<byte> messages = pattern.Slice(_sent, _owed * size);
            long now = Stopwatch.GetTimestamp();
            for (; _owed > 0; _owed--)
            {
                _sentAt.Enqueue(now);
            }

            _sent += messages.Length;
            ValueTask sending = client.SendAsync(messages);
            _sending = sending.IsCompletedSuccessfully ? Task.CompletedTask : sending.AsTask();
        }
    }
}
