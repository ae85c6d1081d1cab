using System.Buffers;
using System.Buffers.Binary;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>Base of the tests of messages: one connection, of which one or both ends are a channel of messages.</summary>
public abstract class MessageTests<TEngine, TTransport> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    /// <summary>Bytes; a kernel buffer that is soon full.</summary>
    protected const int SmallBuffer = 16 * 1024;

    private readonly List<StreamConnection> _connections = [];

    protected static MessageFraming Framing { get; } = MessageFraming.LengthPrefix();

    protected static bool HasReset { get; } = new TTransport().HasReset;

    public void Dispose()
    {
        foreach (StreamConnection connection in _connections)
        {
            connection.Abort();
        }

        GC.SuppressFinalize(this);
    }

    protected (StreamConnection Client, StreamConnection Accepted) Connect(int? bufferSize = null)
    {
        (StreamConnection client, StreamConnection accepted) = new TTransport().Connect(Engine, bufferSize);
        _connections.AddRange([client, accepted]);
        return (client, accepted);
    }

    /// <summary>The accepted end has messages; the client is not wrapped, so that it sends any bytes.</summary>
    protected (StreamConnection Peer, StreamConnection Connection, MessageChannel Messages) ConnectMessages(
        MessageOptions? options = null, int? bufferSize = null, MessageFraming? framing = null)
    {
        (StreamConnection client, StreamConnection accepted) = Connect(bufferSize);
        return (client, accepted, accepted.GetMessages(framing ?? Framing, options));
    }

    /// <summary>Both ends have messages.</summary>
    protected (MessageChannel Client, MessageChannel Accepted) ConnectBoth(MessageOptions? options = null, int? bufferSize = null)
    {
        (StreamConnection client, StreamConnection accepted) = Connect(bufferSize);
        return (client.GetMessages(Framing, options), accepted.GetMessages(Framing, options));
    }

    protected static byte[] Frame(ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame.AsSpan(4));
        return frame;
    }

    protected static byte[] Numbered(int number, int length = 8)
    {
        byte[] message = new byte[Math.Max(length, 4)];
        message.AsSpan().Fill((byte)number);
        BinaryPrimitives.WriteInt32LittleEndian(message, number);
        return message;
    }

    protected static int NumberOf(byte[]? message)
    {
        int number = BinaryPrimitives.ReadInt32LittleEndian(message);
        message.Should().Equal(Numbered(number, message!.Length));
        return number;
    }

    protected static async Task<byte[]?> ReceiveAsync(MessageChannel messages) => Copy(await messages.ReceiveAsync().Within());

    protected static byte[]? Copy(ReadOnlySequence<byte>? message) => message?.ToArray();

    /// <summary>Receives a message in one of the three shapes.</summary>
    protected static Task<byte[]?> ReceiveBy(CallShape shape, StreamConnection connection, MessageChannel messages) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => Copy(messages.Receive())),
        CallShape.Try => Limits.OnThread(() =>
        {
            ReadOnlySequence<byte>? message;
            while (!messages.TryReceive(out message))
            {
                connection.WaitReadable(Limits.Hang).Should().BeTrue();
            }

            return Copy(message);
        }),
        _ => ReceiveAsync(messages),
    };

    /// <summary>Sends a message in one of the three shapes.</summary>
    protected static Task SendBy(CallShape shape, MessageChannel messages, byte[] message) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => messages.Send(message)),
        CallShape.Try => Limits.OnThread(() => messages.TrySend(message).Should().BeTrue()),
        _ => messages.SendAsync(message).AsTask(),
    };

    protected static async Task<byte[]> ReceiveAsync(StreamConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        await connection.ReceiveExactlyAsync(bytes).Within();
        return bytes;
    }

    /// <summary>
    /// Queues a message. False: the queue is full, or the time of what is queued had passed and this call, which queued nothing, has said
    /// so. On a slow machine that may be so early.
    /// </summary>
    protected static bool TryQueue(MessageChannel messages, byte[] message)
    {
        try
        {
            return messages.TrySend(message);
        }
        catch (SocketTimeoutException)
        {
            // As the summary says.
            return false;
        }
    }

    /// <summary>Fills the kernel's buffers in front of a peer that does not read, until a send waits.</summary>
    /// <returns>The send that waits, and how many messages went before it.</returns>
    protected static async Task<(ValueTask Send, int Sent)> SendUntilOneWaitsAsync(
        MessageChannel messages, int bytes = 64 * 1024, CancellationToken cancellationToken = default)
    {
        for (int sent = 0; ; sent++)
        {
            ValueTask send = messages.SendAsync(Numbered(sent, bytes), cancellationToken);
            if (!send.IsCompleted)
            {
                return (send, sent);
            }

            await send;
        }
    }
}
