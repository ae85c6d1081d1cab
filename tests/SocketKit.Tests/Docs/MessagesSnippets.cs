using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using SocketKit.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/messages.md, compiled. MessagesGuideTests runs it.</summary>
internal static class MessagesSnippets
{
    public static async Task Serve(TcpServer server, CancellationToken cancellationToken)
    {
        await server.ServeAsync(
            async (connection, ending) =>
            {
                MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix());
                while (await messages.ReceiveAsync(ending) is { } request)
                {
                    await messages.SendAsync(Answer(request), ending);
                }
            },
            cancellationToken);
    }

    public static async Task<string?> Ask(int port, CancellationToken cancellationToken)
    {
        TcpClient client = await TcpClient.ConnectAsync("localhost", port, cancellationToken: cancellationToken);
        await using MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
        await messages.SendAsync("time", cancellationToken);
        ReadOnlySequence<byte>? answer = await messages.ReceiveAsync(cancellationToken);
        return answer is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    public static async Task ServeMany(
        TcpServer server, Func<byte[], CancellationToken, Task<byte[]>> answerAsync, CancellationToken cancellationToken)
    {
        await server.ServeAsync(
            async (connection, ending) =>
            {
                MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix());

                // The loop reads ahead, and a message is valid only until the next one is asked for. So each is copied first.
                await Parallel.ForEachAsync(
                    messages.ReceiveAllAsync(ending).Select(static request => request.ToArray()),
                    new ParallelOptions { MaxDegreeOfParallelism = 100 },
                    async (request, token) => await messages.SendAsync(await answerAsync(request, token), CancellationToken.None));
            },
            cancellationToken);
    }

    public static async Task ServeAndTell(TcpServer server, Action<string> report, CancellationToken cancellationToken)
    {
        await server.ServeAsync(
            async (connection, ending) =>
            {
                MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix());
                try
                {
                    while (await messages.ReceiveAsync(ending) is { } request)
                    {
                        await messages.SendAsync(Answer(request), ending);
                    }
                }
                catch (FrameException exception)
                {
                    // "receive on 127.0.0.1:5000 ← 127.0.0.1:41522: the peer announced a message that is too long: its length field says …"
                    report(exception.Message);
                    throw;
                }
            },
            cancellationToken);
    }

    public static async Task Count(MessageChannel messages, CancellationToken cancellationToken)
    {
        int number = 0;
        await foreach (ReadOnlySequence<byte> message in messages.ReceiveAllAsync(cancellationToken))
        {
            number++;
            if (!messages.TrySend(Encoding.UTF8.GetBytes($"{number}: {message.Length} bytes")))
            {
                break;
            }
        }
    }

    public static async Task WritePrice(MessageChannel messages, decimal price, CancellationToken cancellationToken)
    {
        await messages.WriteAsync(
            price,
            static (output, value) =>
            {
                using var json = new Utf8JsonWriter(output);
                json.WriteStartObject();
                json.WriteNumber("price", value);
                json.WriteEndObject();
            },
            cancellationToken);
    }

    public static void Tell(IEnumerable<MessageChannel> clients, ReadOnlySpan<byte> news)
    {
        foreach (MessageChannel client in clients)
        {
            try
            {
                if (!client.TrySend(news))
                {
                    client.Dispose();
                }
            }
            catch (Exception exception) when (exception is SocketOperationException or ObjectDisposedException)
            {
                // That client is gone, which its own handler notices. The others get the news.
            }
        }
    }

    public static async Task Relay(
        TcpConnection connection, MessageChannel lines, ConcurrentDictionary<string, MessageChannel> clients, CancellationToken ending)
    {
        try
        {
            while (await lines.ReceiveAsync(ending) is { } line)
            {
                // A line may arrive with a CR at its end, and cannot be sent with one.
                Tell(clients.Values, line.ToArray().AsSpan().TrimEnd((byte)'\r'));
            }
        }
        catch (ObjectDisposedException)
        {
            // Tell has cut this client. That is no failure of this handler.
        }
        finally
        {
            clients.TryRemove(connection.Id, out _);
        }
    }

    public static async Task TellAll(IEnumerable<MessageChannel> clients, ReadOnlyMemory<byte> news, TimeSpan patience)
    {
        foreach (MessageChannel client in clients)
        {
            try
            {
                if (!client.TrySend(news.Span))
                {
                    using var limit = new CancellationTokenSource(patience);
                    await client.SendAsync(news, limit.Token);
                }
            }
            catch (OperationCanceledException)
            {
                client.Dispose();
            }
            catch (Exception exception) when (exception is SocketOperationException or ObjectDisposedException)
            {
                // That client is gone.
            }
        }
    }

    public static async Task<string> Watch(MessageChannel messages)
    {
        try
        {
            while (await messages.ReceiveAsync() is { } message)
            {
                Console.WriteLine(message.Length);
            }

            return "finished";
        }
        catch (FrameException exception)
        {
            return $"no message: {exception.Announced} bytes announced, {exception.Limit} allowed";
        }
        catch (SocketTimeoutException)
        {
            return "too slow";
        }
    }

    public static MessageChannel Careful(StreamConnection connection)
    {
        var options = new MessageOptions
        {
            MaxMessageSize = 64 * 1024,
            MessageTimeout = TimeSpan.FromSeconds(30),
            MinimumRate = 1_000,
            MaxEmptyMessages = 0,
            SendQueueLimit = 256 * 1024,
            EndWhenStopping = true,
        };
        MessageChannel messages = connection.GetMessages(MessageFraming.VarInt, options);
        return messages;
    }

    public static bool Block(MessageChannel messages)
    {
        messages.Send("ping"u8);
        ReadOnlySequence<byte>? pong = messages.Receive();
        bool hasMore = messages.TryReceive(out ReadOnlySequence<byte>? next);
        return pong is not null && !hasMore && next is null;
    }

    private static byte[] Answer(in ReadOnlySequence<byte> request) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request) == "time" ? "noon" : "what?");

    public sealed class Caller
    {
        private readonly ConcurrentDictionary<int, TaskCompletionSource<byte[]>> _calls = new();
        private readonly MessageChannel _messages;
        private readonly Task<byte[]> _reading;
        private int _lastId;

        public Caller(MessageChannel messages)
        {
            _messages = messages;
            _reading = ReadAsync();
        }

        public async Task<byte[]> CallAsync(byte[] question, TimeSpan limit)
        {
            int id = Interlocked.Increment(ref _lastId);
            TaskCompletionSource<byte[]> answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                // When the reading ends, it ends the calls that wait, with its exception.
                return _messages.TrySend([.. BitConverter.GetBytes(id), .. question])
                    ? await await Task.WhenAny(answer.Task, _reading).WaitAsync(limit)
                    : throw new IOException("The server does not read.");
            }
            finally
            {
                // An answer that comes after the time finds nobody, and is dropped.
                _calls.TryRemove(id, out _);
            }
        }

        private async Task<byte[]> ReadAsync()
        {
            await foreach (ReadOnlySequence<byte> message in _messages.ReceiveAllAsync())
            {
                if (_calls.TryGetValue(BitConverter.ToInt32(message.Slice(0, 4).ToArray()), out TaskCompletionSource<byte[]>? call))
                {
                    call.TrySetResult(message.Slice(4).ToArray());
                }
            }

            throw new EndOfStreamException("The server has closed the connection.");
        }
    }
}
