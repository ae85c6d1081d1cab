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

    /// <summary>Less room than this at the end of a segment is not worth a system call.</summary>
    private const int LeastRoom = 1024;

    private readonly ConnectionPipe _pipe;
    private readonly StreamConnection _connection;
    private PipeSegments _segments;
    private SegmentChain _chain;
    private PipeSegment? _lent;
    private long _received;
    private int _state;
    private int _size = PipeSegments.SmallestBlock;
    private bool _wasSmall;
    private bool _isExamined;
    private bool _isEnded;

    public ConnectionReader(ConnectionPipe pipe, StreamConnection connection, MemoryPool<byte>? pool)
    {
        _pipe = pipe;
        _connection = connection;
        _segments = new PipeSegments(this, pool);
    }

    private long Consumed => _received - _chain.Length;

    private bool IsToEnd => (Volatile.Read(ref _state) & (Canceling | Completed)) != 0;

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ThrowIfBusy();
        if (_chain.IsEmpty && consumed.GetObject() is null && examined.GetObject() is null)
        {
            // The positions of an empty buffer.
            return;
        }

        long first = IndexOf(consumed);
        long second = IndexOf(examined);
        if (first < Consumed || second < first || second > _received)
        {
            throw new InvalidOperationException(
                "AdvanceTo goes forwards only, to positions of the buffer that was read last, and examines what it consumes.");
        }

        _isExamined = second == _received;
        _chain.Consume(first - Consumed, ref _segments);
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
            _chain.Clear(ref _segments);
        }

        _pipe.EndInput(exception);
    }

    Memory<byte> IMemoryLender.Lend()
    {
        _lent ??= _chain.Tail is { } tail && tail.Free.Length >= Math.Min(LeastRoom, tail.Capacity)
            ? tail
            : _segments.Rent(_size, least: 1);
        return _lent.Free;
    }

    void IMemoryLender.TakeBack() => TakeBack();

    private static InvalidOperationException IsCompleted() => new("Reading is not allowed after the reader was completed.");

    /// <summary>The place of a position in the stream of bytes.</summary>
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

    /// <summary>The memory was lent, and nothing came into it.</summary>
    private void TakeBack()
    {
        if (_lent is { } lent && lent != _chain.Tail)
        {
            _segments.Return(lent);
        }

        _lent = null;
    }

    /// <summary>So many bytes came into the memory that was lent.</summary>
    private void Commit(int count)
    {
        PipeSegment lent = _lent!;
        bool isFull = count == lent.Free.Length;
        _lent = null;
        if (lent == _chain.Tail)
        {
            _chain.Extend(count);
        }
        else
        {
            lent.StartAt(_received);
            lent.Extend(count);
            _chain.Add(lent);
        }

        _received += count;
        _isExamined = false;
        Resize(count, isFull);
    }

    /// <summary>Segments double while receives fill them, and halve when two in a row took less than a quarter.</summary>
    private void Resize(int count, bool isFull)
    {
        bool isSmall = count <= _size / 4;
        if (isFull && !isSmall)
        {
            _size = Math.Min(_size * 2, PipeSegments.LargestBlock);
        }
        else if (isSmall && _wasSmall)
        {
            _size = Math.Max(_size / 2, PipeSegments.SmallestBlock);
            isSmall = false;
        }

        _wasSmall = isSmall;
    }
}
