using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>
/// The runtime's pipe beside a connection whose ends are pipes. Each step does the same to both and compares what comes out. The intended
/// differences have names here; every other difference fails.
/// </summary>
/// <param name="random">Where the steps come from.</param>
/// <param name="client">Its output is written.</param>
/// <param name="accepted">Its input is read.</param>
[SuppressMessage("Reliability", "CA2012", Justification = "A read is kept until the model's has ended, and is then awaited once.")]
internal sealed class PipeModel(Random random, StreamConnection client, StreamConnection accepted)
{
    /// <summary>So much is unread at most that no flush has to wait: the kernel takes more, and the model has no limit.</summary>
    private const int MostUnread = 64 * 1024;

    private readonly Pipe _model = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0));
    private readonly PipeWriter _writer = client.GetPipe().Output;
    private readonly PipeReader _reader = accepted.GetPipe().Input;

    private int _unread;
    private byte _next;

    /// <summary>How much of what is kept was examined.</summary>
    private long _examined;

    private bool _isWritten;
    private bool _isAtLeast;
    private ValueTask<ReadResult>? _expected;
    private ValueTask<ReadResult>? _actual;
    private ReadResult? _shown;
    private ReadResult? _modelShown;

    /// <summary>What the pipe of a connection does otherwise, on purpose.</summary>
    public enum Difference
    {
        /// <summary>
        /// The model gives the end together with the last bytes; a connection gives the bytes, and the end with the next read.
        /// </summary>
        EndComesWithTheNextRead,

        /// <summary>The model gives all that was flushed; a connection gives what one receive brings.</summary>
        BytesComeInPieces,

        /// <summary>
        /// A cancelled read of the model gives all that was flushed; that of a connection what it holds, without a receive.
        /// </summary>
        ACancelledReadGivesWhatIsHeld,

        /// <summary>
        /// The model takes the bytes with which a cancelled ReadAtLeast has waited for examined; to a connection, as to the runtime's
        /// stream reader, they are new. So the steps examine them.
        /// </summary>
        BytesOfACancelledReadAtLeastAreNew,

        /// <summary>
        /// The model refuses a caller that examines less than it did before a read that was cancelled; a connection, as the runtime's
        /// stream reader, gives the rest at once. So the steps never examine less than before.
        /// </summary>
        ExaminingLessThanBeforeIsSeen,

        /// <summary>
        /// A ReadAtLeast of the model that has to wait counts only what was not examined; that of a connection, as of the runtime's stream
        /// reader, all that it gives. So the steps ask for it only when nothing that was examined is kept.
        /// </summary>
        ReadAtLeastCountsWhatIsKept,

        /// <summary>The model tells the writer that the reader was completed; a connection tells when the peer is gone.</summary>
        TheReadersEndIsNotToldToTheWriter,
    }

    /// <summary>How often each difference showed.</summary>
    public Dictionary<Difference, int> Seen { get; } = [];

    /// <summary>One step. False: both ends are completed.</summary>
    public async Task<bool> StepAsync()
    {
        switch (random.Next(100))
        {
            case < 25 when !_isWritten && _unread < MostUnread:
                Write();
                break;
            case < 40 when !_isWritten:
                await FlushAsync();
                break;
            case < 45 when !_isWritten && _unread < MostUnread:
                await WriteAsync();
                break;
            case < 46 when !_isWritten:
                _model.Writer.CancelPendingFlush();
                _writer.CancelPendingFlush();
                break;
            case < 50:
                _model.Reader.CancelPendingRead();
                _reader.CancelPendingRead();
                break;
            case < 51 when !_isWritten && random.Next(4) == 0:
                _model.Writer.Complete();
                _writer.Complete();
                _isWritten = true;
                break;
            case < 52 when _isWritten && _actual is null:
                return await EndAsync();
            case < 58 when _actual is null && _shown is null:
                await TryReadAsync();
                break;
            default:
                ReadOrAdvance();
                break;
        }

        await CompareAsync();
        return true;
    }

    private void Note(Difference difference) => Seen[difference] = Seen.GetValueOrDefault(difference) + 1;

    private byte[] NextBytes()
    {
        int most = random.Next(8) == 0 ? 9_000 : 200;
        byte[] bytes = new byte[random.Next(1, most)];
        foreach (ref byte value in bytes.AsSpan())
        {
            value = _next++;
        }

        _unread += bytes.Length;
        return bytes;
    }

    /// <summary>One Get and several advances.</summary>
    private void Write()
    {
        byte[] bytes = NextBytes();
        int hint = random.Next(2) == 0 ? bytes.Length : bytes.Length + random.Next(5_000);
        Span<byte> expected = _model.Writer.GetSpan(hint);
        Span<byte> actual = _writer.GetSpan(hint);
        for (int done = 0; done < bytes.Length;)
        {
            int count = random.Next(1, bytes.Length - done + 1);
            bytes.AsSpan(done, count).CopyTo(actual[done..]);
            _writer.Advance(count);
            done += count;
        }

        bytes.CopyTo(expected);
        _model.Writer.Advance(bytes.Length);
        _writer.UnflushedBytes.Should().Be(_model.Writer.UnflushedBytes);
    }

    private async Task FlushAsync()
    {
        FlushResult expected = await _model.Writer.FlushAsync();
        FlushResult actual = await _writer.FlushAsync().Within();
        Compare(expected, actual);
    }

    private async Task WriteAsync()
    {
        byte[] bytes = NextBytes();
        FlushResult expected = await _model.Writer.WriteAsync(bytes);
        FlushResult actual = await _writer.WriteAsync(bytes).Within();
        bytes.AsSpan().Clear();
        Compare(expected, actual);
    }

    private void Compare(FlushResult expected, FlushResult actual)
    {
        actual.IsCanceled.Should().Be(expected.IsCanceled);
        actual.IsCompleted.Should().BeFalse();
        _writer.UnflushedBytes.Should().Be(0);
        _model.Writer.UnflushedBytes.Should().Be(0);
    }

    private void ReadOrAdvance()
    {
        if (_shown is not null)
        {
            Advance();
        }
        else if (_actual is null)
        {
            bool isAtLeast = random.Next(8) == 0;
            if (isAtLeast && _examined > 0)
            {
                Note(Difference.ReadAtLeastCountsWhatIsKept);
                isAtLeast = false;
            }

            int least = random.Next(1, 3_000);
            _isAtLeast = isAtLeast;
            _expected = isAtLeast ? _model.Reader.ReadAtLeastAsync(least) : _model.Reader.ReadAsync();
            _actual = isAtLeast ? _reader.ReadAtLeastAsync(least) : _reader.ReadAsync();
        }
    }

    private async Task TryReadAsync()
    {
        _isAtLeast = false;
        bool isExpected = _model.Reader.TryRead(out ReadResult expected);
        bool isActual = _reader.TryRead(out ReadResult actual);
        if (isExpected)
        {
            if (!isActual)
            {
                // The kernel has not delivered it yet.
                actual = await _reader.ReadAsync().Within();
            }

            await CompareAsync(expected, actual);
        }
        else
        {
            isActual.Should().BeFalse();
        }
    }

    /// <summary>The same places in both buffers.</summary>
    private void Advance()
    {
        ReadResult actual = _shown!.Value;
        ReadResult expected = _modelShown!.Value;
        long consumed = Place(0, actual.Buffer.Length);
        long examined = Place(consumed, actual.Buffer.Length);
        if (examined < _examined)
        {
            Note(Difference.ExaminingLessThanBeforeIsSeen);
            examined = _examined;
        }

        _examined = examined - consumed;
        _unread -= (int)consumed;
        _reader.AdvanceTo(actual.Buffer.GetPosition(consumed), actual.Buffer.GetPosition(examined));
        _model.Reader.AdvanceTo(expected.Buffer.GetPosition(consumed), expected.Buffer.GetPosition(examined));
        _shown = null;
        _modelShown = null;
    }

    private long Place(long least, long most) => random.Next(4) switch
    {
        0 => least,
        1 => least + random.NextInt64(most - least + 1),
        _ => most,
    };

    /// <summary>Compares a read that was begun, if the model's has ended.</summary>
    private async Task CompareAsync()
    {
        if (_actual is { } actual)
        {
            if (!_expected!.Value.IsCompleted)
            {
                actual.IsCompleted.Should().BeFalse("the model has nothing new");
                return;
            }

            ReadResult expected = await _expected.Value;
            _expected = null;
            _actual = null;
            await CompareAsync(expected, await actual.Within());
        }
    }

    private async Task CompareAsync(ReadResult expected, ReadResult actual)
    {
        actual.IsCanceled.Should().Be(expected.IsCanceled);
        if (expected.IsCanceled)
        {
            if (actual.Buffer.Length < expected.Buffer.Length || actual.IsCompleted != expected.IsCompleted)
            {
                Note(Difference.ACancelledReadGivesWhatIsHeld);
            }

            if (_isAtLeast && !expected.Buffer.IsEmpty)
            {
                Note(Difference.BytesOfACancelledReadAtLeastAreNew);
                actual = await GatherAsync(expected, actual);
                _examined = expected.Buffer.Length;
            }
        }
        else
        {
            actual = await GatherAsync(expected, actual);
            actual.Buffer.Length.Should().Be(expected.Buffer.Length);
            actual.IsCompleted.Should().Be(expected.IsCompleted);
        }

        actual.Buffer.ToArray().AsSpan().SequenceEqual(expected.Buffer.Slice(0, actual.Buffer.Length).ToArray()).Should().BeTrue();
        _shown = actual;
        _modelShown = expected;
    }

    /// <summary>Reads on until this side has what the model gives at once.</summary>
    private async Task<ReadResult> GatherAsync(ReadResult expected, ReadResult actual)
    {
        while (actual.Buffer.Length < expected.Buffer.Length || (expected.IsCompleted && !actual.IsCompleted))
        {
            bool lacksBytes = actual.Buffer.Length < expected.Buffer.Length;
            Note(lacksBytes ? Difference.BytesComeInPieces : Difference.EndComesWithTheNextRead);
            _reader.AdvanceTo(actual.Buffer.Start, actual.Buffer.End);
            actual = await _reader.ReadAsync().Within();
        }

        return actual;
    }

    private async Task<bool> EndAsync()
    {
        _model.Reader.Complete();
        _reader.Complete();
        Func<Task> expected = async () => await _model.Reader.ReadAsync();
        Func<Task> actual = async () => await _reader.ReadAsync();
        await expected.Should().ThrowAsync<InvalidOperationException>();
        await actual.Should().ThrowAsync<InvalidOperationException>();
        (await _writer.FlushAsync().Within()).IsCompleted.Should().BeFalse();
        Note(Difference.TheReadersEndIsNotToldToTheWriter);
        return false;
    }
}
