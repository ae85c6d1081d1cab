using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One empty-buffer receive that reports when data, an end or an error is there, and takes nothing. It outlives time-outs and cancelled
/// calls: a receive of .NET that is cancelled keeps its memory until the next readable event (dotnet/runtime#111400).
/// </summary>
internal sealed class ZeroByteReceive : SocketAsyncEventArgs
{
    private const int Idle = 0;
    private const int Pending = 1;
    private const int PendingAndJoined = 2;

    private readonly IZeroByteOwner _owner;
    private int _state;

    private ZeroByteReceive(IZeroByteOwner owner, SocketFlags flags)
        : base(true)
    {
        _owner = owner;
        SocketFlags = flags;
        SetBuffer(Memory<byte>.Empty);
    }

    /// <summary>The only wait of a channel, created when it is first needed.</summary>
    /// <param name="wait">The field of the channel that holds the wait.</param>
    /// <param name="owner">The channel to notify.</param>
    /// <param name="flags">Peek for datagrams: on Windows an empty receive would take a datagram, an empty peek does not.</param>
    public static ZeroByteReceive Of(ref ZeroByteReceive? wait, IZeroByteOwner owner, SocketFlags flags = SocketFlags.None)
    {
        if (Volatile.Read(ref wait) is { } existing)
        {
            return existing;
        }

        var created = new ZeroByteReceive(owner, flags);
        return Interlocked.CompareExchange(ref wait, created, null) ?? created;
    }

    /// <summary>Whether a wait is pending, which may have taken an error from the socket and not noted it yet.</summary>
    public bool IsPending => Volatile.Read(ref _state) != Idle;

    /// <summary>True: the channel will be notified. False: the caller should try at once.</summary>
    public bool Start(Socket socket)
    {
        if (Join())
        {
            return true;
        }

        try
        {
            if (socket.ReceiveAsync(this))
            {
                return true;
            }
        }
        catch (ObjectDisposedException)
        {
            // The next attempt finds the socket closed, and reports it.
        }

        _owner.NoteWaitError(SocketError);
        if (Interlocked.Exchange(ref _state, Idle) == PendingAndJoined)
        {
            // Another thread joined a wait that ended at once, and relies on the notification.
            ThreadPool.UnsafeQueueUserWorkItem(static owner => owner.OnReadable(), _owner, preferLocal: false);
        }

        return false;
    }

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        // The error is noted first, because a thread that finds no pending wait relies on it. Afterwards another thread may start the
        // wait again.
        _owner.NoteWaitError(SocketError);
        Interlocked.Exchange(ref _state, Idle);
        _owner.OnReadable();
    }

    /// <summary>True: a wait is pending. False: this thread has to start it.</summary>
    private bool Join()
    {
        while (true)
        {
            int state = Interlocked.CompareExchange(ref _state, Pending, Idle);
            if (state == Idle)
            {
                return false;
            }

            if (state == PendingAndJoined || Interlocked.CompareExchange(ref _state, PendingAndJoined, Pending) == Pending)
            {
                return true;
            }
        }
    }
}
