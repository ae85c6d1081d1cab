using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

internal abstract partial class QueuedStream
{
    private const int FileBufferBytes = 64 * 1024;

    /// <summary>
    /// How much of a message waits inside the transport at a time on a served connection. Nobody sees the progress of a call that waits,
    /// and the server may end a send that makes none.
    /// </summary>
    private const int MostWaitingBytes = 16 * 1024;

    private readonly FifoLock _sendLock = new();

    /// <summary>How many bytes of the message under way the transport has. Stored before each wait.</summary>
    private long _messageSent;

    /// <summary>The length of the message under way, stored before it waits; 0 if none does.</summary>
    private long _messageLength;

    /// <summary>The message under way waits. Its progress is stored, and it checks for closing before it continues.</summary>
    private volatile bool _sendSuspended;
    private volatile bool _sendingInKernel;

    /// <summary>The last message that sent anything was sent only in part.</summary>
    private volatile bool _messagePartlySent;

    public override bool IsSending => _sendLock.IsHeld;

    public override long QueuedBytes =>
        Volatile.Read(ref _queuedLength) + Math.Max(0, Volatile.Read(ref _messageLength) - Volatile.Read(ref _messageSent));

    /// <summary>Whether a send is inside a call on the transport, which fails by itself once the connection is over.</summary>
    protected bool IsInSendCall => _sendLock.IsHeld && (!_sendSuspended || WaitsInSend);

    public override IoResult Send(ReadOnlySpan<byte> data, TimeSpan timeout)
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        if (data.IsEmpty)
        {
            return default;
        }

        return SendInTurn(data, default, default, timeout);
    }

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        if (_closing)
        {
            return new(IoResult.Ended(ChannelStatus.Closed));
        }

        if (data.IsEmpty)
        {
            return default;
        }

        // The caller's memory may throw; then nothing has begun.
        ReadOnlySpan<byte> span = data.Span;
        return _sendLock.TryEnter()
            ? SendPartAsync(data, span, 0, isWholeMessage: true, AsyncDeadline(timeout), cancellationToken)
            : new QueuedSend(this, data, timeout, cancellationToken).Start();
    }

    public override ValueTask<IoResult> SendAsync(
        ReadOnlySequence<byte> data, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken) =>
        SendMessageAsync(new SequenceSource(this, data, progress), data.Length, progress, timeout, cancellationToken);

    public override async ValueTask<IoResult> SendFileAsync(
        SafeFileHandle file, long offset, long count, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(count, FileBufferBytes));
        try
        {
            var source = new FileSource(this, file, offset, count, buffer, progress);
            return await SendMessageAsync(source, count, progress, timeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Non-blocking send(2) until all is gone or the kernel is full. WouldBlock leaves the progress in <paramref name="sent"/>.
    /// </summary>
    internal IoResult AttemptSend(ReadOnlySpan<byte> data, ref int sent, bool wait = false) => AttemptSend(data, default, ref sent, wait);

    /// <summary>The same for a message in two parts, which go together as long as any of the first is left.</summary>
    private IoResult AttemptSend(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, ref int sent, bool wait = false)
    {
        while (true)
        {
            SocketError error;
            int count = tail.IsEmpty ? SendOnce(wait ? Portion(data[sent..]) : data[sent..], wait, out error)
                : sent < data.Length ? SendGatheredOnce(data[sent..], tail, out error)
                : SendOnce(tail[(sent - data.Length)..], wait, out error);
            if (error == SocketError.Success)
            {
                CountSent(count);
            }

            sent += Math.Max(count, 0);
            if (sent == data.Length + tail.Length)
            {
                return new IoResult(sent);
            }

            if (_closing)
            {
                return IoResult.Ended(ChannelStatus.Closed, sent);
            }

            if (error == SocketError.WouldBlock)
            {
                return IoResult.Ended(ChannelStatus.WouldBlock, sent);
            }

            if (error != SocketError.Success)
            {
                return Fail(LossOf(error), sent);
            }
        }
    }

    /// <summary>Sends a part by the holder of the send lock. A whole message releases the lock when it ends.</summary>
    internal IoTask SendPartAsync(
        ReadOnlyMemory<byte> data,
        ReadOnlySpan<byte> span,
        long before,
        bool isWholeMessage,
        Deadline deadline,
        CancellationToken cancellationToken)
    {
        StopWaitingInKernel();
        int sent = 0;
        IoResult outcome = ResumeSending() ? AttemptSend(span, ref sent) : IoResult.Ended(ChannelStatus.Closed);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            if (isWholeMessage)
            {
                EndMessage(outcome, outcome.IsSuccess);
            }

            return new(outcome);
        }

        if (isWholeMessage)
        {
            NoteLength(data.Length);
        }

        return WaitToSendAsync(data, sent, before, isWholeMessage, deadline, cancellationToken);
    }

    /// <summary>The message under way makes no system call until <see cref="ResumeSending"/>.</summary>
    internal void SuspendSending(long sent)
    {
        Volatile.Write(ref _messageSent, sent);
        _sendSuspended = true;
    }

    /// <summary>
    /// Called before the first system call of a message and after each wait. False: the channel is closing, so no call may follow.
    /// </summary>
    internal bool ResumeSending()
    {
        if (_sendSuspended)
        {
            _sendSuspended = false;
            Interlocked.MemoryBarrier();
        }

        return !_closing;
    }

    /// <summary>
    /// Ends the message under way. One that was sent only in part fails the queue behind it; if it was cancelled, it ends the connection.
    /// </summary>
    internal void EndMessage(IoResult outcome, bool isComplete)
    {
        bool isPartlySent = outcome.Count > 0 && !isComplete;
        if (outcome.Status == ChannelStatus.Canceled && isPartlySent)
        {
            _sendAbandoned = !_closing;
            Abort(CloseReason.LocalAbort);
        }

        if (isPartlySent || (isComplete && outcome.Count > 0))
        {
            // A message of which nothing was sent leaves the state of the message before it.
            _messagePartlySent = isPartlySent;
        }

        Volatile.Write(ref _messageLength, 0);
        Volatile.Write(ref _messageSent, 0);
        if (isPartlySent && outcome.Status is (ChannelStatus.DeadlinePassed or ChannelStatus.Abandoned))
        {
            _sendLock.FailQueue(outcome.Status == ChannelStatus.DeadlinePassed ? ChannelStatus.NotBegun : ChannelStatus.Abandoned);
        }

        // The next message in the queue gets the lock before its thread runs, and makes no call until then.
        _sendSuspended = _sendLock.IsContended;
        _sendLock.Exit();
        if (_closing)
        {
            OnUnused();
        }
    }

    /// <summary>One send(2); <paramref name="wait"/> lets the kernel wait where it can.</summary>
    protected abstract int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error);

    /// <summary>One sendmsg(2) that does not wait.</summary>
    protected abstract int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error);

    /// <summary>
    /// Sends the rest of a message, or of a part, after the kernel buffer was full. For a message the count includes what was sent
    /// <paramref name="before"/> these data.
    /// </summary>
    protected abstract IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken);

    /// <summary>Waits on this thread until a send may succeed. False when the deadline has passed.</summary>
    protected abstract bool AwaitWritable(Deadline deadline);

    /// <summary>Whether the transport takes bytes at this moment; true also where that cannot be told.</summary>
    protected abstract bool IsWritableNow();

    /// <summary>Whether a message that waits for room does so inside a send, which may fail by itself.</summary>
    protected virtual bool WaitsInSend => false;

    /// <summary>
    /// A message ends early. Returns how many of its next bytes the transport holds and sends without a further call, so that they count as
    /// sent.
    /// </summary>
    internal virtual int TakeCommitted() => 0;

    /// <summary>Takes the turn of a message while nobody sends. <see cref="EndMessage"/> gives it back.</summary>
    protected bool TryTakeTurn() => _sendLock.TryEnter();

    /// <summary>Whether a pending send may have sent more than it has stored.</summary>
    protected virtual bool IsPendingSendInDoubt() => false;

    /// <summary>A zero time-out means non-blocking for plain calls only; an async call waits for ever.</summary>
    private static Deadline AsyncDeadline(TimeSpan timeout) => timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);

    /// <summary>Sends one message when its turn has come, on this thread.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="tail">The bytes behind them.</param>
    /// <param name="handles">What goes with the first byte, as <see cref="SendFirstPart"/> understands it.</param>
    /// <param name="timeout">How long; zero sends what fits at once.</param>
    protected IoResult SendInTurn(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, ReadOnlySpan<int> handles, TimeSpan timeout)
    {
        if (!_sendLock.TryEnter())
        {
            ChannelStatus turn = timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : EnterSend(data.Length + tail.Length);
            if (turn != ChannelStatus.Success)
            {
                return IoResult.Ended(turn);
            }
        }

        // The time behind other messages does not count.
        var deadline = Deadline.After(timeout);
        NoteLength(data.Length + tail.Length);
        IoResult outcome = default;
        try
        {
            if (!handles.IsEmpty)
            {
                outcome = SendFirstPart(data, handles, timeout, deadline);
            }

            if (outcome.IsSuccess && outcome.Count < data.Length + tail.Length)
            {
                outcome = SendHolding(data, tail, timeout, deadline, outcome.Count);
            }
        }
        catch
        {
            // Thread.Interrupt has ended a wait. The progress was stored before the wait.
            long stored = Volatile.Read(ref _messageSent) + TakeCommitted();
            EndMessage(IoResult.Ended(ChannelStatus.Abandoned, Saturate(stored)), isComplete: false);
            throw;
        }

        EndMessage(outcome, outcome.Count == data.Length + tail.Length || timeout == TimeSpan.Zero);
        return outcome;
    }

    /// <summary>What a failed send says about the connection, where the transport's error is not the whole truth.</summary>
    protected virtual SocketError LossOf(SocketError error) => error;

    private IoResult SendHolding(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, TimeSpan timeout, Deadline deadline, int sent)
    {
        if (!ResumeSending())
        {
            return IoResult.Ended(ChannelStatus.Closed, sent);
        }

        if (CanWaitInKernel && deadline.IsInfinite && tail.IsEmpty)
        {
            // Few system calls: the kernel does the waiting.
            _sendingInKernel = true;
            IoResult whole = AttemptSend(data, ref sent, wait: true);
            _sendingInKernel = false;
            if (whole.Status != ChannelStatus.WouldBlock)
            {
                return whole;
            }
        }

        StopWaitingInKernel();
        bool isLast = timeout == TimeSpan.Zero;
        while (true)
        {
            IoResult outcome = AttemptSend(data, tail, ref sent);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                return outcome;
            }

            if (isLast)
            {
                sent += TakeCommitted();
                return sent == data.Length + tail.Length ? new IoResult(sent)
                    : timeout != TimeSpan.Zero ? IoResult.Ended(ChannelStatus.DeadlinePassed, sent)
                    : sent > 0 ? new IoResult(sent)
                    : outcome;
            }

            SuspendSending(sent);
            isLast = !_closing && !AwaitWritable(deadline);
            if (!ResumeSending())
            {
                return IoResult.Ended(ChannelStatus.Closed, sent);
            }
        }
    }

    /// <summary>Sends a message that has waited for its turn.</summary>
    private IoTask SendWholeAsync(ReadOnlyMemory<byte> data, Deadline deadline, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> span;
        try
        {
            span = data.Span;
        }
        catch
        {
            // The caller has let go of its memory meanwhile: nothing was sent, and the next message has the turn.
            EndMessage(IoResult.Ended(ChannelStatus.Failed), isComplete: false);
            throw;
        }

        return SendPartAsync(data, span, 0, isWholeMessage: true, deadline, cancellationToken);
    }

    private ReadOnlySpan<byte> Portion(ReadOnlySpan<byte> data) =>
        data.Length > MostWaitingBytes && Service is not null ? data[..MostWaitingBytes] : data;

    private static int Saturate(long count) => (int)Math.Min(count, int.MaxValue);
}
