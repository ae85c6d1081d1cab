using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Datagrams;

/// <summary>
/// A datagram socket of any engine: its peer, the shape of every call, and how the socket is closed. The derived class adds the waiting.
/// </summary>
internal abstract partial class DatagramCore : DatagramChannel, IPollTarget
{
    private readonly Socket _socket;
    private readonly DatagramPeer _peer;
    private PollWatches _watches;
    private int _closed;

    /// <param name="socket">A datagram socket.</param>
    /// <param name="ownsSocket">Whether closing the channel closes the socket.</param>
    /// <param name="calls">The system calls on it.</param>
    protected DatagramCore(Socket socket, bool ownsSocket, DatagramCalls calls)
    {
        _socket = socket;
        OwnsSocket = ownsSocket;
        Calls = calls;
        _peer = new DatagramPeer(calls);
    }

    public override Socket Socket => _socket;

    public override IDatagramOffload Offload => Calls;

    public override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Datagram;

    /// <summary>What is left of a train is not in the kernel any more.</summary>
    public virtual Readiness Held => Calls.IsHolding ? Readiness.Readable : Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    protected bool OwnsSocket { get; }

    protected DatagramCalls Calls { get; }

    /// <summary>The threads that wait in a system call on this socket.</summary>
    protected abstract ref KernelWaits KernelWaits { get; }

    /// <summary>
    /// Whether others reach the socket until its last descriptor is gone. A child process that is being started holds one for a moment.
    /// </summary>
    private bool IsReachable => _socket.AddressFamily == AddressFamily.Unix;

    public bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public void EndLease() => SocketLease.End(_socket);

    public override IoResult Connect(SocketAddress remote) => ChangePeer(remote);

    public override IoResult Disconnect() => ChangePeer(null);

    public override void KeepPeer(SocketAddress? remote, bool repeat) => _peer.Keep(remote, repeat);

    public override SocketAddress? ReadLocalAddress()
    {
        try
        {
            return Calls.ReadLocalAddress();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: there is no address any more.
            return null;
        }
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        KernelWaits.Share();
        return duplicate;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            Close();
        }
    }

    /// <summary>Called once. Marks the channel as closed, ends the watches, the socket, and everything that waits.</summary>
    protected abstract void Close();

    protected void EndWatches() => _watches.Close();

    /// <summary>
    /// A receive has left something for the next one, of which the kernel tells nobody. The fence: a wait that is not in the list yet sees
    /// what is held.
    /// </summary>
    protected void NoteHeld()
    {
        Interlocked.MemoryBarrier();
        _watches.NoteHeld();
        EndReadableWaits();
    }

    /// <summary>Ends the async waits for something to receive.</summary>
    protected abstract void EndReadableWaits();

    /// <summary>Closes the socket, or gives it back to its owner.</summary>
    /// <param name="mayWait">Whether a thread may wait in the socket.</param>
    protected void EndSocket(bool mayWait)
    {
        if (OwnsSocket)
        {
            CloseSocket(mayWait);
            return;
        }

        try
        {
            GiveBack();
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }

    /// <summary>Undoes what the channel has set on a borrowed socket.</summary>
    protected virtual void GiveBack() => Calls.Restore();

    private void CloseSocket(bool mayWait)
    {
        if ((mayWait || IsReachable) && (!KernelWaits.IsShared || KernelWaits.Any))
        {
            try
            {
                // Wakes every thread that waits in the socket. It fails on a socket without a peer, and wakes them all the same.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The socket has no peer; the waiting threads are awake all the same.
            }
            catch (ObjectDisposedException)
            {
                // The socket's owner closed it, so no thread waits in it.
            }
        }

        _socket.Dispose();
    }

    private IoResult ChangePeer(SocketAddress? remote)
    {
        if (IsClosed)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        try
        {
            return _peer.Change(remote);
        }
        catch (ObjectDisposedException)
        {
            // Closed since the check above, by this library or by the socket's owner.
            return IoResult.Ended(ChannelStatus.Closed);
        }
    }
}
