using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SocketKit.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/migration-libraries.md that uses SocketKit, compiled. MigrationLibrariesGuideTests runs it.</summary>
internal static class MigrationLibrariesSnippets
{
    public static async Task Chat(TcpServer server, CancellationToken cancellationToken)
    {
        var clients = new ConcurrentDictionary<string, MessageChannel>();
        await server.ServeAsync(
            async (connection, ending) =>
            {
                MessageChannel lines = clients[connection.Id] = connection.GetMessages(MessageFraming.Lines);
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
            },
            cancellationToken);
    }

    public static async Task Packages(int port, CancellationToken cancellationToken)
    {
        await using var server = TcpServer.Listen(port, new TcpServerOptions { IdleTimeout = TimeSpan.FromMinutes(5) });
        await server.ServeAsync(
            async (session, ending) =>
            {
                MessageChannel packages = session.GetMessages(MessageFraming.LengthPrefix());
                while (await packages.ReceiveAsync(ending) is { } package)
                {
                    await packages.SendAsync(Answer(package), ending);
                }
            },
            cancellationToken);
    }

    public static MessageFraming WithKey()
    {
        MessageFraming packages = MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 2, Strip = 0 });
        return packages;
    }

    public static async Task<string?> Ask(int port, CancellationToken cancellationToken)
    {
        var options = new TcpClientOptions { ReceiveTimeout = TimeSpan.FromSeconds(5) };
        TcpClient client = await TcpClient.ConnectAsync("localhost", port, options, cancellationToken);
        await using MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
        await messages.SendAsync("ping", cancellationToken);
        ReadOnlySequence<byte>? response = await messages.ReceiveAsync(cancellationToken);
        return response is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    public static async Task Serve(TcpServer server, CancellationToken cancellationToken)
    {
        await server.ServeAsync(
            async (connection, ending) =>
            {
                MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix());
                while (await messages.ReceiveAsync(ending) is { } request)
                {
                    string text = Encoding.UTF8.GetString(request);
                    if (!messages.TrySend(Encoding.UTF8.GetBytes(text.ToUpperInvariant())))
                    {
                        // The client asks and does not read.
                        return;
                    }
                }
            },
            cancellationToken);
    }

    private static void Tell(IEnumerable<MessageChannel> clients, ReadOnlySpan<byte> news) => MessagesSnippets.Tell(clients, news);

    private static byte[] Answer(ReadOnlySequence<byte> package) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(package).ToUpperInvariant());

    public sealed class WatsonFraming : MessageFraming
    {
        private const int LongestHeader = 4096;

        public override int DefaultMaxMessageSize => 1024 * 1024;

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            message = default;
            if (buffer.Length < state || !TryReadHeader(buffer, out Header header, out long begin))
            {
                return false;
            }

            // From now on nothing is looked at before the whole message has come.
            state = begin + header.Length;
            if (buffer.Length < state)
            {
                return false;
            }

            message = buffer.Slice(begin, header.Length);
            buffer = buffer.Slice(state);
            return true;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
        {
            output.Write(JsonSerializer.SerializeToUtf8Bytes(new Header(message.Length, "Normal")));
            output.Write("\r\n\r\n"u8);
            foreach (ReadOnlyMemory<byte> piece in message)
            {
                output.Write(piece.Span);
            }
        }

        private static bool TryReadHeader(in ReadOnlySequence<byte> buffer, out Header header, out long end)
        {
            header = default;
            end = 0;
            var reader = new SequenceReader<byte>(buffer);
            if (!reader.TryReadTo(out ReadOnlySequence<byte> json, "\r\n\r\n"u8))
            {
                return buffer.Length <= LongestHeader ? false : throw new FrameException("No header.", limit: LongestHeader);
            }

            try
            {
                var tokens = new Utf8JsonReader(json);
                header = JsonSerializer.Deserialize<Header>(ref tokens);
            }
            catch (JsonException exception)
            {
                throw new FrameException($"The header is no JSON: {exception.Message}");
            }

            end = reader.Consumed;
            return header.Length >= 0 && header.Length < long.MaxValue - end
                ? true
                : throw new FrameException("The length of the data is not possible.", header.Length);
        }

        private readonly record struct Header(
            [property: JsonPropertyName("len")] long Length, [property: JsonPropertyName("status")] string Status);
    }
}
