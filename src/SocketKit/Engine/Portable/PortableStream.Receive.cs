using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private DataPredictor _predictor;
    private int _receiving;
    private StreamReceive? _receive;
    private StreamReceive? _spareReceive;

    /// <summary>A pending wait peeks, so it may have taken the socket's error.</summary>
    protected override bool IsWaitPending => Volatile.Read(ref _readableWait) is { IsPending: true };

    public override bool IsReceiving => Volatile.Read(ref _receiving) != 0;

    public bool StartReadableWait()
    {
        // Starting a wait peeks, and a peek may take a pending error from the socket before it is noted.
        BeginPeek();
        try
        {
            return ZeroByteReceive.Of(ref _readableWait, this).Start(_socket);
        }
        finally
        {
            EndPeek();
        }
    }

    public void OnReadable()
    {
        _waiters.End(this, readable: true, writable: false);
        if (Volatile.Read(ref _receive) is { } operation)
        {
            operation.OnReadable();
        }
        else
        {
            WatchForClose();
        }
    }

    /// <summary>A full fence: the closing thread sees the operation, or the operation sees the close.</summary>
    internal void BeginPending(StreamReceive operation) => Interlocked.Exchange(ref _receive, operation);

    internal void EndPendingReceive()
    {
        Volatile.Write(ref _receive, null);
        ExitReceive();
    }

    internal void Recycle(StreamReceive operation) => Volatile.Write(ref _spareReceive, operation);

    protected override bool ExpectsData => _predictor.ExpectsData;

    /// <summary>Data was there when a wait for it was to begin, so more may be.</summary>
    public void NoteQueued() => _predictor.Hint();

    protected override void NoteGuess(bool isRight)
    {
        if (isRight)
        {
            _predictor.NoteRight();
        }
        else
        {
            _predictor.NoteWrong();
        }
    }

    protected override IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        StopWaitingInKernel();
        int done = 0;
        if (ExpectsData)
        {
            IoResult outcome;
            try
            {
                outcome = Attempt(target.Span, kind, ref done);
            }
            catch
            {
                // Memory of the caller's own threw: nothing was received, and the next receive may begin.
                ExitReceive();
                throw;
            }

            bool isRight = outcome.Status != ChannelStatus.WouldBlock;
            NoteGuess(isRight);
            if (isRight)
            {
                ExitReceive();
                return new(outcome);
            }

            target.GiveBack();
        }

        StreamReceive operation = Interlocked.Exchange(ref _spareReceive, null) ?? new StreamReceive(this);
        return operation.Start(target, done, kind, timeout, cancellationToken);
    }

    public override void CancelReceive() => Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Canceled);

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        bool isLong = wait && _kernelWaits.TryBegin();
        try
        {
            int received = _socket.Receive(buffer, peek ? SocketFlags.Peek : SocketFlags.None, out error);
            if (error == SocketError.TimedOut && !_socket.Poll(0, SelectMode.SelectRead))
            {
                // Another call made the descriptor non-blocking meanwhile, and .NET reports the EAGAIN as its own time-out. A connection
                // that the kernel gave up on is always readable.
                error = SocketError.WouldBlock;
            }

            if (received == buffer.Length && error == SocketError.Success)
            {
                // A full buffer: more may be queued.
                _predictor.Hint();
            }

            return error == SocketError.Success ? received : -1;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            error = SocketError.OperationAborted;
            return -1;
        }
        finally
        {
            _kernelWaits.End(isLong);
        }
    }

    protected override int ReceiveHandlesOnce(
        Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        try
        {
            return HandlePassing.Receive(_socket, buffer, mostHandles, handles, out isTruncated, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            isTruncated = false;
            error = SocketError.OperationAborted;
            return -1;
        }
    }

    protected override bool AwaitReadable(Deadline deadline) =>
        _kernelWaits.Poll(PollWait.Until, _socket, SelectMode.SelectRead, deadline);

    protected override bool TryEnterReceive(out IoResult refusal)
    {
        if (IsClosing)
        {
            refusal = IoResult.Ended(ChannelStatus.Closed);
            return false;
        }

        if (Interlocked.CompareExchange(ref _receiving, 1, 0) != 0)
        {
            refusal = IoResult.Ended(ChannelStatus.Busy);
            return false;
        }

        if (IsClosing)
        {
            ExitReceive();
            refusal = IoResult.Ended(ChannelStatus.Closed);
            return false;
        }

        refusal = default;
        return true;
    }

    protected override void ExitReceive()
    {
        Volatile.Write(ref _receiving, 0);
        if (IsClosing)
        {
            OnUnused();
        }
    }
}
