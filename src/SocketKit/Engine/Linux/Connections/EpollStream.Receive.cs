using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

internal sealed partial class EpollStream
{
    /// <summary>Whether a receive may succeed without a new edge; belongs to the receive under way.</summary>
    private bool _mayHaveMore;
    private EpollReceive? _receive;

    internal bool MayHaveMore => _mayHaveMore;

    internal void ExpectMore() => _mayHaveMore = true;

    protected override IoTask ReceiveEnteredAsync(
        Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        int done = 0;
        bool isDeferred = _mayHaveMore && !EpollLoop.HasBudget;
        if (_mayHaveMore && !isDeferred)
        {
            IoResult outcome = Attempt(buffer.Span, kind, ref done);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                EpollLoop.Spend(outcome.Count);
                ExitReceive();
                return new(outcome);
            }
        }

        SocketError error = Register();
        if (error != SocketError.Success)
        {
            ExitReceive();
            return new(Fail(error, done));
        }

        EpollReceive operation = _receive is { } last && last.TryRent() ? last : new EpollReceive(this);
        return operation.Start(buffer, done, kind, timeout, isDeferred, cancellationToken);
    }

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        // On a loop: not worth giving the loop away when something is there.
        bool isWorthATry = !wait || EpollLoop.Current is not null;
        int received = -1;
        error = SocketError.WouldBlock;
        if (isWorthATry)
        {
            received = StreamCalls.Receive(_fd, buffer, wait: false, peek, out error);
        }

        if (wait && error == SocketError.WouldBlock)
        {
            BeginKernelWait();
            received = StreamCalls.Receive(_fd, buffer, wait: true, peek, out error);
            EndKernelWait();
        }

        if (!peek)
        {
            _mayHaveMore = received == buffer.Length || (received < 0 && error != SocketError.WouldBlock);
        }
        else if (received > 0)
        {
            _mayHaveMore = true;
        }

        return received;
    }

    protected override int ReceiveHandlesOnce(
        Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        try
        {
            int received = HandlePassing.Receive(Socket, buffer, mostHandles, handles, out isTruncated, out error);

            // Descriptors end a receive early, so a short one says nothing about what is left.
            _mayHaveMore = received >= 0;
            return received;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
            isTruncated = false;
            error = SocketError.OperationAborted;
            return -1;
        }
    }

    protected override bool AwaitReadable(Deadline deadline) => Poll(StreamCalls.PollIn, deadline);

    protected override bool TryEnterReceive(out IoResult refusal)
    {
        BeginOutcome begun = _word.Begin(Direction.Receive);
        refusal = begun switch
        {
            BeginOutcome.Busy => IoResult.Ended(ChannelStatus.Busy),
            BeginOutcome.Closing => IoResult.Ended(ChannelStatus.Closed),
            _ => default,
        };
        if (begun is BeginOutcome.Begun or BeginOutcome.BegunReady)
        {
            _mayHaveMore = begun == BeginOutcome.BegunReady;
            return true;
        }

        return false;
    }

    protected override void ExitReceive()
    {
        if (_word.End(Direction.Receive, _mayHaveMore))
        {
            CloseUnused();
        }
    }

    private void BeginKernelWait()
    {
        EpollLoop.HandOff();
        Interlocked.Increment(ref _inKernel);
    }

    private void EndKernelWait() => Interlocked.Decrement(ref _inKernel);

    /// <summary>poll(2), by a caller that is inside. False when the deadline has passed; true asks for another attempt.</summary>
    private bool Poll(short events, Deadline deadline)
    {
        int milliseconds = deadline.NextWaitMilliseconds();
        if (milliseconds == 0)
        {
            return false;
        }

        EpollLoop.HandOff();
        PollOnce(events, milliseconds);
        return true;
    }

    /// <summary>One poll(2), not longer than given. It is long only where closing wakes it, which shuts the connection down for those who wait.</summary>
    private int PollOnce(short events, int milliseconds)
    {
        if (milliseconds >= 0 && milliseconds <= LookUpMilliseconds)
        {
            return StreamCalls.Poll(_fd, events, milliseconds);
        }

        if (!_duplicated)
        {
            // Counted before the second look: whoever duplicates and closes sees this wait, or this wait sees the duplicate.
            Interlocked.Increment(ref _inKernel);
            bool isAlone = !_duplicated;
            int ready = isAlone ? StreamCalls.Poll(_fd, events, milliseconds) : 0;
            Interlocked.Decrement(ref _inKernel);
            if (isAlone)
            {
                return ready;
            }
        }

        return StreamCalls.Poll(_fd, events, LookUpMilliseconds);
    }
}
