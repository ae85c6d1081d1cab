using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableDatagram
{
    private ReadinessWaiters _waiters;
    private ZeroByteReceive? _readableWait;
    private DatagramReceive? _receive;
    private DatagramReceive? _spareReceive;
    private int _receiving;
    private int _waitError;
    private bool _expectsData;

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout) =>
        Receive(new IncomingDatagrams(buffer, from, peek), timeout);

    public override IoResult ReceiveBatch(DatagramBatch batch, TimeSpan timeout) => Receive(new IncomingDatagrams(batch), timeout).Outcome;

    private DatagramResult Receive(IncomingDatagrams incoming, TimeSpan timeout)
    {
        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return refusal;
        }

        // Without a deadline one system call waits in the kernel. If the descriptor turns out not to block, this class polls.
        bool block = timeout == Timeout.InfiniteTimeSpan && _calls.CanBlock && TryBeginKernelWait();
        try
        {
            if (block || timeout == TimeSpan.Zero)
            {
                DatagramResult outcome = Attempt(incoming, block);
                if (outcome.Status != ChannelStatus.WouldBlock || !block)
                {
                    return outcome;
                }
            }

            return ReceiveWaiting(incoming, Deadline.After(timeout));
        }
        finally
        {
            EndKernelWait(block);
            ExitReceive();
        }
    }

    public override DatagramTask ReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(DatagramResult.Ended(ChannelStatus.Canceled));
        }

        // The caller's memory may throw, so it is read before this receive counts as the one that is under way.
        Span<byte> bytes = buffer.Span;
        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return new(refusal);
        }

        return !MustWait(new IncomingDatagrams(bytes, from, peek), out DatagramResult outcome)
            ? new(outcome)
            : RentReceive().Start(buffer, from, peek, timeout, cancellationToken);
    }

    public override IoTask ReceiveBatchAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return new(refusal.Outcome);
        }

        return !MustWait(new IncomingDatagrams(batch), out DatagramResult outcome)
            ? new(outcome.Outcome)
            : RentReceive().Start(batch, timeout, cancellationToken);
    }

    /// <summary>An async receive has begun: whether it has to wait. If not, it has ended with the outcome.</summary>
    private bool MustWait(IncomingDatagrams incoming, out DatagramResult outcome)
    {
        outcome = default;
        if (!_expectsData)
        {
            return true;
        }

        outcome = Attempt(incoming, block: false);
        if (outcome.Status == ChannelStatus.WouldBlock)
        {
            _expectsData = false;
            return true;
        }

        ExitReceive();
        return false;
    }

    private DatagramReceive RentReceive() => Interlocked.Exchange(ref _spareReceive, null) ?? new DatagramReceive(this);

    public void NoteQueued() => _expectsData = true;

    public bool StartReadableWait() => ZeroByteReceive.Of(ref _readableWait, this, SocketFlags.Peek).Start(_socket);

    public void NoteWaitError(SocketError error)
    {
        // Windows reports MessageSize if there is a datagram that the empty buffer cannot hold. Elsewhere it is a router's answer to a
        // datagram that was too long for the way, and the wait has taken it from the socket.
        bool isNone = error is SocketError.Success or SocketError.OperationAborted
            || (error == SocketError.MessageSize && OperatingSystem.IsWindows());
        if (!isNone)
        {
            Volatile.Write(ref _waitError, (int)error);
            _watches.NoteHeld();
        }
    }

    public void OnReadable()
    {
        _waiters.End(this, readable: true, writable: false);
        Volatile.Read(ref _receive)?.OnReadable();
    }

    /// <summary>One recvmsg(2) or recvmmsg(2).</summary>
    internal DatagramResult Attempt(IncomingDatagrams incoming, bool block)
    {
        if (_waitError != 0 && Interlocked.Exchange(ref _waitError, 0) is var noted && noted != 0)
        {
            return new DatagramResult(IoResult.Failed((SocketError)noted));
        }

        try
        {
            DatagramResult outcome = Receive(incoming, block);
            if (_closing)
            {
                // The shutdown by this channel's own close ends a receive like an empty datagram.
                incoming.Batch?.Restart();
                return DatagramResult.Ended(ChannelStatus.Closed);
            }

            if (outcome.IsSuccess && !incoming.Peek)
            {
                DatagramSums.Receive(incoming.CountOf(outcome), incoming.TruncatedOf(outcome));
            }

            return outcome;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return DatagramResult.Ended(ChannelStatus.Closed);
        }
    }

    /// <summary>
    /// A full fence: the operation reads <see cref="IsClosing"/> next, and a close sets that before it reads the operation.
    /// </summary>
    internal void BeginPending(DatagramReceive operation) => Interlocked.Exchange(ref _receive, operation);

    internal void EndPending()
    {
        Volatile.Write(ref _receive, null);
        ExitReceive();
    }

    internal void Recycle(DatagramReceive operation) => Volatile.Write(ref _spareReceive, operation);

    private DatagramResult ReceiveWaiting(IncomingDatagrams incoming, Deadline deadline)
    {
        // Waiting first saves the failed receive that a request-response client would otherwise make each time.
        bool waitFirst = !_expectsData;
        while (!_closing)
        {
            if (!waitFirst)
            {
                DatagramResult outcome = Attempt(incoming, block: false);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }

                _expectsData = false;
            }

            waitFirst = false;
            if (!Poll(PollWait.Until, SelectMode.SelectRead, deadline))
            {
                // The deadline may have passed while this thread was delayed: a datagram that is there counts more.
                DatagramResult last = Attempt(incoming, block: false);
                return last.Status == ChannelStatus.WouldBlock ? DatagramResult.Ended(ChannelStatus.DeadlinePassed) : last;
            }
        }

        return DatagramResult.Ended(ChannelStatus.Closed);
    }

    private DatagramResult Receive(IncomingDatagrams incoming, bool block)
    {
        if (incoming.Batch is not { } batch)
        {
            return _calls.Receive(incoming.Buffer, incoming.From!, incoming.Peek, block, ReceivesPacketInfo);
        }

        IoResult outcome = _calls.ReceiveBatch(batch, block, ReceivesDetails, ReceivesPacketInfo, out SocketError next);
        NoteWaitError(next);
        return new(outcome);
    }

    private bool TryEnterReceive(out DatagramResult refusal)
    {
        ChannelStatus status = _closing ? ChannelStatus.Closed
            : Interlocked.CompareExchange(ref _receiving, 1, 0) != 0 ? ChannelStatus.Busy
            : ChannelStatus.Success;
        refusal = DatagramResult.Ended(status);
        return status == ChannelStatus.Success;
    }

    private void ExitReceive() => Volatile.Write(ref _receiving, 0);
}
