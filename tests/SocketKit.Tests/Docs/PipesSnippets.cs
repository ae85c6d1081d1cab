using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/pipes.md, compiled. PipesGuideTests runs it.</summary>
internal static class PipesSnippets
{
    public static async Task Serve(TcpServer server, CancellationToken cancellationToken)
    {
        await server.ServeAsync(
            async (connection, ending) =>
            {
                IDuplexPipe pipe = connection.GetPipe();
                while (true)
                {
                    ReadResult result = await pipe.Input.ReadAsync(ending);
                    ReadOnlySequence<byte> rest = result.Buffer;
                    while (TryReadLine(ref rest, out ReadOnlySequence<byte> line))
                    {
                        pipe.Output.Write(line.ToArray());
                        pipe.Output.Write("!\n"u8);
                    }

                    pipe.Input.AdvanceTo(rest.Start, rest.End);
                    FlushResult flush = await pipe.Output.FlushAsync(ending);
                    if (result.IsCompleted || flush.IsCompleted)
                    {
                        break;
                    }
                }

                await pipe.Output.CompleteAsync();
                await pipe.Input.CompleteAsync();
            },
            cancellationToken);
    }

    public static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }

        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    public static async Task<byte[]> Ask(StreamConnection connection, byte[] question, CancellationToken cancellationToken)
    {
        IDuplexPipe pipe = connection.GetPipe();
        Span<byte> span = pipe.Output.GetSpan(4 + question.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, question.Length);
        pipe.Output.Advance(4);
        question.CopyTo(span[4..]);
        pipe.Output.Advance(question.Length);
        await pipe.Output.FlushAsync(cancellationToken);

        ReadResult header = await pipe.Input.ReadAtLeastAsync(4, cancellationToken);
        int length = BinaryPrimitives.ReadInt32BigEndian(header.Buffer.Slice(0, 4).ToArray());
        pipe.Input.AdvanceTo(header.Buffer.GetPosition(4));
        if (length is < 0 or > 1024 * 1024)
        {
            throw new InvalidDataException($"An answer of {length} bytes is not possible.");
        }

        ReadResult body = await pipe.Input.ReadAtLeastAsync(length, cancellationToken);
        byte[] answer = body.Buffer.Slice(0, length).ToArray();
        pipe.Input.AdvanceTo(body.Buffer.GetPosition(length));
        return answer;
    }

    public static async Task<bool> Wake(PipeReader input)
    {
        ValueTask<ReadResult> pending = input.ReadAsync();
        input.CancelPendingRead();
        ReadResult result = await pending;
        input.AdvanceTo(result.Buffer.Start);
        return result.IsCanceled;
    }

    public static async Task Fail(IDuplexPipe pipe)
    {
        var error = new InvalidDataException("not a request");
        await pipe.Output.CompleteAsync(error);
        await pipe.Input.CompleteAsync(error);
    }
}
