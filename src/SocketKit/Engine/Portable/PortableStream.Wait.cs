using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private readonly ReadableWaiters _waiters;
    private ReadableWait? _readableWait;

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = _signal.Token;
            if (!_signal.HasFired)
            {
                MakeNonBlocking();
                WatchAgain();
            }

            return token;
        }
    }

    public override bool WaitReadable(TimeSpan timeout) => WaitFor(SelectMode.SelectRead, timeout);

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(SelectMode.SelectWrite, timeout);

    public override ValueTask<Transfer> WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(Transfer.Ended(ChannelStatus.Canceled));
        }

        MakeNonBlocking();
        return _waiters.WaitAsync(cancellationToken);
    }

    private bool WaitFor(SelectMode mode, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        try
        {
            while (!_closing)
            {
                if (PollWait.IsReady(_socket, mode, deadline, PollChunk))
                {
                    return true;
                }

                if (deadline.HasPassed)
                {
                    return false;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the next call would not wait either, it would say so.
        }

        return true;
    }

    private ReadableWait ReadableWaitOf()
    {
        if (Volatile.Read(ref _readableWait) is { } existing)
        {
            return existing;
        }

        var created = new ReadableWait(this);
        return Interlocked.CompareExchange(ref _readableWait, created, null) ?? created;
    }

    /// <summary>Keeps a wait pending so that an end is noticed although nobody receives.</summary>
    private void WatchAgain()
    {
        if (!StartReadableWait())
        {
            WatchForClose();
        }
    }

    /// <summary>Something is readable and no receive takes it: an end or an error fires Closed, data keeps it for the next receive.</summary>
    private void WatchForClose()
    {
        if ((SocketError)Volatile.Read(ref _waitError) is var noted && noted != SocketError.Success)
        {
            // The wait has taken the error from the socket, which looks finished now; the next receive reports the error itself.
            Fail(noted, 0);
            return;
        }

        Span<byte> one = stackalloc byte[1];
        while (_signal.IsWatched && !_signal.HasFired && !_closing)
        {
            int peeked;
            SocketError error;
            Interlocked.Increment(ref _peeking);
            try
            {
                // Reading an error takes it from the socket; the next receive has to report it all the same.
                peeked = _socket.Receive(one, SocketFlags.Peek, out error);
                NoteWaitError(error);
            }
            catch (ObjectDisposedException)
            {
                // Closing has its own way of firing.
                return;
            }
            finally
            {
                Interlocked.Decrement(ref _peeking);
            }

            if (error == SocketError.Success)
            {
                if (peeked == 0)
                {
                    _signal.Close(CloseReason.PeerFinished);
                }

                return;
            }

            if (error != SocketError.WouldBlock)
            {
                Fail(error, 0);
                return;
            }

            if (StartReadableWait())
            {
                return;
            }
        }
    }
}
