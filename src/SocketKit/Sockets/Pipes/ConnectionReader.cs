using System.Buffers;
using System.IO.Pipelines;
using SocketKit.Engine;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// The reading end of a connection's pipe. A read that finds nothing new receives into a segment that is lent when something is there.
/// While a read is pending, the segments belong to the thread that runs the operation, and otherwise to the caller.
/// </summary>
internal sealed partial class ConnectionReader : PipeReader, IMemoryLender
{
    /// <summary>A receive is under way for a read.</summary>
    private const int Reading = 1;

    /// <summary>The reader was completed.</summary>
    private const int Completed = 2;

    /// <summary>A read is to be cancelled: the one under way, or else the next one.</summary>
    private const int Canceling = 4;

    private readonly ConnectionPipe _pipe;
    private readonly StreamConnection _connection;
    private readonly MemoryPool<byte>? _pool;
    private ReceivedBytes _bytes = new();
    private int _state;
    private bool _isExamined;
    private bool _isEnded;

    public ConnectionReader(ConnectionPipe pipe, StreamConnection connection, MemoryPool<byte>? pool)
    {
        _pipe = pipe;
        _connection = connection;
        _pool = pool;
    }

    /// <summary>What the reader does, as part of a sentence; null: nothing.</summary>
    public string? WhyBusy => Volatile.Read(ref _state) is var state && (state & Completed) != 0 ? "the input of its pipe was completed"
        : (state & Reading) != 0 || _isResultPending ? "a read of its pipe is under way"
        : null;

    /// <summary>What the reader holds, as part of a sentence; null: nothing.</summary>
    public string? WhyUnread => _bytes.Length > 0 ? "its pipe holds received bytes that were not consumed" : null;

    private bool IsToEnd => (Volatile.Read(ref _state) & (Canceling | Completed)) != 0;

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ThrowIfBusy();
        if (_bytes.IsEmpty && consumed.GetObject() is null && examined.GetObject() is null)
        {
            // The positions of an empty buffer.
            return;
        }

        long first = IndexOf(consumed);
        long second = IndexOf(examined);
        if (first < _bytes.Start || second < first || second > _bytes.End)
        {
            throw new InvalidOperationException(
                "AdvanceTo goes forwards only, to positions of the buffer that was read last, and examines what it consumes.");
        }

        _isExamined = second == _bytes.End;
        _bytes.Consume(first - _bytes.Start);
    }

    public override void CancelPendingRead()
    {
        Interlocked.Or(ref _state, Canceling);
        _connection.Channel.CancelReceive();
    }

    public override void Complete(Exception? exception = null)
    {
        int before = Interlocked.Or(ref _state, Completed);
        if ((before & Completed) != 0)
        {
            return;
        }

        // A read that is under way gives the segments back when it ends.
        _connection.Channel.CancelReceive();
        if ((before & Reading) == 0)
        {
            _bytes.Clear();
        }

        _pipe.EndInput(exception);
    }

    Memory<byte> IMemoryLender.Lend() => _bytes.Lend(this, _pool);

    void IMemoryLender.TakeBack() => _bytes.TakeBack();

    private static InvalidOperationException IsCompleted() => new("Reading is not allowed after the reader was completed.");

    /// <summary>The place of a position.</summary>
    private long IndexOf(SequencePosition position) =>
        position.GetObject() is PipeSegment segment && segment.User == this && position.GetInteger() <= segment.Length
            ? segment.RunningIndex + position.GetInteger()
            : throw new InvalidOperationException("The position is not one of the buffer that was read last.");

    private void ThrowIfBusy()
    {
        int state = Volatile.Read(ref _state);
        if ((state & Completed) != 0)
        {
            throw IsCompleted();
        }

        if ((state & Reading) != 0 || _isResultPending)
        {
            throw new InvalidOperationException("A read is under way: await it first.");
        }
    }

    /// <summary>Notes that a read is to be cancelled no more. False: none was.</summary>
    private bool TakeCancel() =>
        (Volatile.Read(ref _state) & Canceling) != 0 && (Interlocked.And(ref _state, ~Canceling) & Canceling) != 0;
}
