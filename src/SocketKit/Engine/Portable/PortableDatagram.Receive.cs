using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

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

    private bool ExpectsData => _expectsData || Calls.IsHolding;

    protected override DatagramResult Receive(IncomingDatagrams incoming, TimeSpan timeout)
    {
        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return refusal;
        }

        // Without a deadline one system call waits in the kernel. If the descriptor turns out not to block, this class polls.
        bool block = timeout == Timeout.InfiniteTimeSpan && Calls.CanBlock && TryBeginKernelWait();
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

    protected override bool MustWait(IncomingDatagrams incoming, out DatagramResult outcome)
    {
        outcome = default;
        if (!ExpectsData)
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

    protected override DatagramTask WaitToReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken) =>
        RentReceive().Start(buffer, from, peek, timeout, cancellationToken);

    protected override IoTask WaitToReceiveAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken) =>
        RentReceive().Start(batch, timeout, cancellationToken);

    private DatagramReceive RentReceive() => Interlocked.Exchange(ref _spareReceive, null) ?? new DatagramReceive(this);

    public void NoteQueued() => _expectsData = true;

    public bool StartReadableWait() => ZeroByteReceive.Of(ref _readableWait, this, SocketFlags.Peek).Start(Socket);

    public void NoteWaitError(SocketError error)
    {
        // Windows reports MessageSize if there is a datagram that the empty buffer cannot hold. Elsewhere it is a router's answer to a
        // datagram that was too long for the way, and the wait has taken it from the socket.
        bool isNone = error is SocketError.Success or SocketError.OperationAborted
            || (error == SocketError.MessageSize && OperatingSystem.IsWindows());
        if (!isNone)
        {
            Volatile.Write(ref _waitError, (int)error);
            NoteHeld();
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

        DatagramResult outcome = CallReceive(incoming, block, out SocketError next);
        NoteWaitError(next);
        return outcome;
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
        bool waitFirst = !ExpectsData;
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

    protected override bool TryEnterReceive(out DatagramResult refusal)
    {
        ChannelStatus status = _closing ? ChannelStatus.Closed
            : Interlocked.CompareExchange(ref _receiving, 1, 0) != 0 ? ChannelStatus.Busy
            : ChannelStatus.Success;
        refusal = DatagramResult.Ended(status);
        return status == ChannelStatus.Success;
    }

    private void ExitReceive() => Volatile.Write(ref _receiving, 0);
}
