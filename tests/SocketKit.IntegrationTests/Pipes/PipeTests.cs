using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Base of the tests of pipes: one connection, of which one or both ends are a pipe.</summary>
public abstract class PipeTests<TEngine, TTransport> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    /// <summary>Bytes; a kernel buffer that is soon full.</summary>
    protected const int SmallBuffer = 16 * 1024;

    /// <summary>Bytes; enough for a send to wait although the kernel doubles those buffers.</summary>
    protected const int MoreThanSmallBuffersTake = 4 * 1024 * 1024;

    private readonly List<StreamConnection> _connections = [];

    private protected CountingPool Pool { get; } = new();

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

    /// <summary>The accepted end is a pipe with a pool that counts; the client is not.</summary>
    protected (StreamConnection Peer, StreamConnection Connection, IDuplexPipe Pipe) ConnectPipe(int? bufferSize = null)
    {
        (StreamConnection client, StreamConnection accepted) = Connect(bufferSize);
        return (client, accepted, accepted.GetPipe(Pool));
    }

    /// <summary>Reads until the buffer has so many bytes, and examines all of them; the caller advances.</summary>
    protected static async Task<ReadResult> ReadAsync(PipeReader reader, int bytes)
    {
        ReadResult result = await reader.ReadAsync().Within();
        while (result.Buffer.Length < bytes && !result.IsCompleted)
        {
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            result = await reader.ReadAsync().Within();
        }

        return result;
    }

    /// <summary>Reads and consumes everything up to the end.</summary>
    protected static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        var all = new ArrayBufferWriter<byte>();
        while (true)
        {
            ReadResult result = await reader.ReadAsync().Within();
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
            {
                all.Write(part.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return all.WrittenSpan.ToArray();
            }
        }
    }

    protected static async Task<byte[]> ReceiveAsync(StreamConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        await connection.ReceiveExactlyAsync(bytes).Within();
        return bytes;
    }

    /// <summary>Fills the kernel's buffers in front of a peer that does not read, until a flush has to wait.</summary>
    protected static async Task<(ValueTask<FlushResult> Flush, int Sent)> FlushUntilItWaitsAsync(
        PipeWriter writer, int bytes = 64 * 1024, CancellationToken cancellationToken = default)
    {
        int sent = 0;
        while (true)
        {
            Write(writer, sent, bytes);
            sent += bytes;
            ValueTask<FlushResult> flush = writer.FlushAsync(cancellationToken);
            if (!flush.IsCompleted)
            {
                return (flush, sent);
            }

            (await flush).IsCompleted.Should().BeFalse();
        }
    }

    /// <summary>The same until the deadline of a flush has passed, however soon that is.</summary>
    protected static async Task<(Exception Failure, int Written)> FlushUntilItFailsAsync(PipeWriter writer)
    {
        const int Bytes = 1024 * 1024;
        for (int written = 0; ;)
        {
            Write(writer, written, Bytes);
            written += Bytes;
            if (await Expect.Failure(writer.FlushAsync().AsTask()) is { } failure)
            {
                return (failure, written);
            }
        }
    }

    private static void Write(PipeWriter writer, int from, int bytes)
    {
        Payload.Of(from + bytes).AsSpan(from).CopyTo(writer.GetSpan(bytes));
        writer.Advance(bytes);
    }
}
