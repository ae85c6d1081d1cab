using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// A channel around another one that turns every byte over, in both directions. It has a send queue, a receive rule, counters and close
/// reasons of its own, from the half of a stream that knows no engine; the inner channel is only its transport.
/// </summary>
/// <param name="inner">The channel that moves the bytes.</param>
/// <param name="closing">Called when the wrapper is closed, before the inner channel is.</param>
internal sealed class XorChannel(StreamChannel inner, Action<XorChannel>? closing = null) : QueuedStream
{
    private const byte Mask = 0xFF;

    /// <summary>A long message is turned over in parts, so that an attempt that meets a full kernel has not copied all of it.</summary>
    private const int MostPerAttempt = 64 * 1024;

    /// <summary>What a timer takes at most, which is longer than any test.</summary>
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>The clock of timers is coarser than the monotonic one, and a deadline must not pass early.</summary>
    private static readonly TimeSpan s_timerError = TimeSpan.FromMilliseconds(20);

    private int _receiving;
    private CancellationTokenSource? _wait;
    private volatile bool _isCanceled;
    private int _watching;

    /// <summary>Whether it was disposed or aborted itself, and not only the channel inside.</summary>
    public bool WasClosed { get; private set; }

    public override SocketEngine Engine => inner.Engine;

    public override Socket Socket => inner.Socket;

    public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override bool IsReceiving => Volatile.Read(ref _receiving) != 0;

    public override bool NeedsGuard => inner.NeedsGuard;

    public override int UnreadBytes => inner.UnreadBytes;

    public override long BytesTaken => inner.BytesTaken;

    public override int UnsentBytes => inner.UnsentBytes;

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = Signal.Token;
            if (Interlocked.Exchange(ref _watching, 1) == 0)
            {
                inner.Closed.UnsafeRegister(static state => ((XorChannel)state!).OnInnerClosed(), this);
            }

            return token;
        }
    }

    public override Dispatch Dispatch
    {
        get => inner.Dispatch;
        set => inner.Dispatch = value;
    }

    public override bool TryEnter() => inner.TryEnter();

    public override void Leave() => inner.Leave();

    public override void Run(IThreadPoolWorkItem handler) => inner.Run(handler);

    public override void RunLater(IThreadPoolWorkItem work) => inner.RunLater(work);

    public override void CancelServed(ServiceSignal signal) => inner.CancelServed(signal);

    public override void CancelReceive()
    {
        _isCanceled = true;
        try
        {
            Volatile.Read(ref _wait)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The receive has just ended.
        }
    }

    public override bool TryReadOption(int level, int name, Span<byte> value) => inner.TryReadOption(level, name, value);

    public override void KeepWhileWatched(object keeper) => inner.KeepWhileWatched(keeper);

    public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public override bool WaitWritable(TimeSpan timeout) => inner.WaitWritable(timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) => inner.WaitWritableAsync(cancellationToken);

    public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

    public override void Abort(CloseReason reason)
    {
        NoteClosing();
        base.Abort(reason);
    }

    public override void Close(CloseReason reason, IByteOwner? owner = null)
    {
        NoteClosing();
        base.Close(reason, owner);
    }

    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
        IsClosing ? IoResult.Ended(ChannelStatus.Closed) : SendInTurn(data, default, descriptors, timeout);

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return refusal;
        }

        try
        {
            IoResult outcome = inner.ReceiveHandles(buffer, mostHandles, handles, timeout);
            TurnOver(buffer[..outcome.Count]);
            CountReceived(outcome.Count);
            return outcome;
        }
        finally
        {
            ExitReceive();
        }
    }

    protected override bool TryEnterReceive(out IoResult refusal)
    {
        bool isFree = !IsClosing && Interlocked.CompareExchange(ref _receiving, 1, 0) == 0;
        refusal = isFree ? default : IoResult.Ended(IsClosing ? ChannelStatus.Closed : ChannelStatus.Busy);
        return isFree;
    }

    protected override void ExitReceive() => Volatile.Write(ref _receiving, 0);

    protected override IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken) =>
        IoTask.Of(ReceiveInPartsAsync(target, kind, timeout, cancellationToken));

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        IoResult outcome = inner.Receive(buffer, peek ? ReceiveKind.Peek : ReceiveKind.Some, TimeSpan.Zero);
        TurnOver(buffer[..outcome.Count]);
        return CountOf(outcome, out error);
    }

    protected override bool AwaitReadable(Deadline deadline) => inner.WaitReadable(deadline.Remaining()) && !deadline.HasPassed;

    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error) =>
        CountOf(inner.Send(TurnedCopy(Part(data)), TimeSpan.Zero), out error);

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error) =>
        SendOnce(segments.SelectMany(static segment => segment).ToArray(), wait: false, out error);

    protected override IoResult SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> handles, TimeSpan timeout, Deadline deadline)
    {
        IoResult outcome = inner.SendHandles(TurnedCopy(Part(data)), handles, timeout);
        CountSent(outcome.Count);
        return outcome;
    }

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken) =>
        IoTask.Of(SendRestAsync(data, sent, before, isWholeMessage, deadline, cancellationToken));

    protected override bool AwaitWritable(Deadline deadline) => inner.WaitWritable(deadline.Remaining()) && !deadline.HasPassed;

    protected override bool IsWritableNow() => inner.WaitWritable(TimeSpan.Zero);

    protected override SocketError ShutdownSendOnce() =>
        CountOf(inner.ShutdownSend(), out SocketError error) < 0 ? error : SocketError.Success;

    protected override void CloseTransport(bool withReset)
    {
        if (withReset)
        {
            inner.Abort(CloseReason);
        }
        else
        {
            inner.Dispose();
        }
    }

    protected override void EndPending()
    {
        // What waits, waits on the inner channel, which has ended it.
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> data) => data[..Math.Min(data.Length, MostPerAttempt)];

    private static void TurnOver(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
        {
            value ^= Mask;
        }
    }

    private static byte[] TurnedCopy(ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        TurnOver(copy);
        return copy;
    }

    /// <summary>An outcome of the inner channel as an attempt tells it: the count, or −1 and why.</summary>
    private static int CountOf(IoResult outcome, out SocketError error)
    {
        error = outcome.Status switch
        {
            ChannelStatus.Success => SocketError.Success,
            ChannelStatus.WouldBlock => SocketError.WouldBlock,
            ChannelStatus.SendShut => SocketError.Shutdown,
            ChannelStatus.Failed => outcome.Error,
            _ => SocketError.OperationAborted,
        };
        return error == SocketError.Success ? outcome.Count : -1;
    }

    private async ValueTask<IoResult> ReceiveInPartsAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        int done = 0;
        bool hasLimit = timeout > TimeSpan.Zero;
        bool isServed = SignalOf(cancellationToken) != ServiceSignal.None;
        using CancellationTokenSource? limit =
            hasLimit || !isServed ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken) : null;
        if (hasLimit)
        {
            limit!.CancelAfter(timeout < s_longestTimer ? timeout + s_timerError : s_longestTimer);
        }

        _isCanceled = false;
        Volatile.Write(ref _wait, limit);
        try
        {
            while (true)
            {
                IoResult outcome = Attempt(target.Span, kind, ref done);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }

                target.GiveBack();

                // The token itself where it is a service's, because the inner channel knows its service's.
                IoResult wait = await inner.WaitReadableAsync(limit?.Token ?? cancellationToken).AsOutcome().ConfigureAwait(false);
                if (wait.Status == ChannelStatus.Canceled)
                {
                    bool isLate = hasLimit && !_isCanceled && !cancellationToken.IsCancellationRequested;
                    return IoResult.Ended(isLate ? ChannelStatus.DeadlinePassed : ChannelStatus.Canceled, done);
                }

                if (IsClosing)
                {
                    return IoResult.Ended(ChannelStatus.Closed, done);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _wait, null);
            ExitReceive();
        }
    }

    private async ValueTask<IoResult> SendRestAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        SuspendSending(before + sent);
        // Zero would be no deadline to an async call.
        TimeSpan left = deadline.HasPassed ? TimeSpan.FromTicks(1) : deadline.Remaining();
        IoResult rest = await inner.SendAsync(TurnedCopy(data.Span[sent..]), left, cancellationToken).AsOutcome().ConfigureAwait(false);
        CountSent(rest.Count);
        int count = (isWholeMessage ? (int)before : 0) + sent + rest.Count;
        IoResult outcome = rest.Status == ChannelStatus.Failed ? Fail(rest.Error, count) : new IoResult(count, rest.Status);
        if (isWholeMessage)
        {
            EndMessage(outcome, outcome.IsSuccess);
        }

        return outcome;
    }

    private void NoteClosing()
    {
        WasClosed = true;
        closing?.Invoke(this);
    }

    private void OnInnerClosed() => Signal.Close(inner.CloseReason);
}
