using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using SocketKit;

/// <summary>
/// Values by name, and the protocol to ask for them: SET name value, GET name, DELETE name, one command per line, one line for an answer.
/// It knows pipes and no sockets. A ConnectionHandler of ASP.NET Core could call it with its connection.Transport.
/// </summary>
internal sealed class Store
{
    /// <summary>Bytes. A pipe keeps what is not consumed, so a client that never ends its line would fill the memory.</summary>
    private const int LongestLine = 1_000;

    private readonly ConcurrentDictionary<string, string> _values = new();

    /// <summary>Answers the commands of one client, until it has finished.</summary>
    public async Task TalkAsync(IDuplexPipe pipe, CancellationToken cancellationToken)
    {
        bool isOver = false;
        while (!isOver)
        {
            ReadResult result = await pipe.Input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = result.Buffer;
            isOver = result.IsCompleted;
            while (TryReadLine(ref rest, out ReadOnlySequence<byte> line))
            {
                Answer(line, pipe.Output);

                // With FlushMode.EndOfTurn this sends nothing yet: many answers leave in one call when the loop has run this code.
                isOver |= (await pipe.Output.FlushAsync(cancellationToken)).IsCompleted;
            }

            if (rest.Length > LongestLine)
            {
                // Completed with an exception, both ends break the connection off: the client sees a reset.
                var error = new FrameException($"A line has at most {LongestLine} bytes.", limit: LongestLine);
                await pipe.Output.CompleteAsync(error);
                await pipe.Input.CompleteAsync(error);
                return;
            }

            // Whole lines are consumed. What is left was examined, so that the next read waits for more of it.
            pipe.Input.AdvanceTo(rest.Start, rest.End);
        }

        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
    }

    /// <summary>Takes one line off the front. The bytes may lie in several pieces, across which the reader reads.</summary>
    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out line, (byte)'\n'))
        {
            return false;
        }

        buffer = reader.UnreadSequence;
        return true;
    }

    private void Answer(in ReadOnlySequence<byte> line, PipeWriter output)
    {
        var reader = new SequenceReader<byte>(line);
        if (reader.IsNext("GET "u8, advancePast: true))
        {
            bool isThere = _values.TryGetValue(Text(reader.UnreadSequence), out string? value);
            Write(output, isThere ? $"VALUE {value}\n" : "NONE\n");
        }
        else if (reader.IsNext("SET "u8, advancePast: true) && reader.TryReadTo(out ReadOnlySequence<byte> name, (byte)' '))
        {
            _values[Text(name)] = Text(reader.UnreadSequence);
            Write(output, "STORED\n");
        }
        else if (reader.IsNext("DELETE "u8, advancePast: true))
        {
            Write(output, _values.TryRemove(Text(reader.UnreadSequence), out _) ? "DELETED\n" : "NONE\n");
        }
        else
        {
            Write(output, "ERROR: SET name value, GET name, or DELETE name\n");
        }
    }

    private static string Text(ReadOnlySequence<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static void Write(PipeWriter output, string text) => Encoding.UTF8.GetBytes(text, output);
}
