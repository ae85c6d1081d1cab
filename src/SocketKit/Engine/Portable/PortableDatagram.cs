using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Datagrams over a System.Net.Sockets.Socket. Each call names its own waiting: a receive without a deadline may wait in the kernel, all
/// others are single attempts with poll(2), a <see cref="ZeroByteReceive"/> or, for sends, a pause between them.
/// </summary>
internal sealed partial class PortableDatagram : DatagramChannel, IZeroByteOwner
{
    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly DatagramCalls _calls;
    private volatile bool _closing;
    private KernelWaits _longWaits;
    private int _closed;

    public PortableDatagram(SocketEngine engine, Socket socket, bool ownsSocket, DatagramCalls calls, bool blockingAtFirst)
    {
        _engine = engine;
        _socket = socket;
        _ownsSocket = ownsSocket;
        _longWaits = new KernelWaits(isShared: !ownsSocket);
        _calls = calls;
        _blockingAtFirst = blockingAtFirst;
    }

    public override SocketEngine Engine => _engine;

    public override Socket Socket => _socket;

    public override bool IsClosed => _closing;

    public bool IsClosing => _closing;

    /// <summary>An async wait that is pending may take the error that a thread waits for.</summary>
    private bool MayWaitLong => _readableWait is null;

    ref ReadabilityWaiters IReadinessOwner.Waiters => ref _waiters;

    ServiceSignal IReadinessOwner.Follows(CancellationToken cancellationToken) => ServiceSignal.None;

    public override IoResult Connect(EndPoint remote) => Call((Calls: _calls, Remote: remote), static call => call.Calls.Connect(call.Remote));

    public override IoResult Disconnect() => Call(_calls, static calls => calls.Disconnect());

    public override SocketAddress? ReadLocalAddress()
    {
        try
        {
            return _calls.ReadLocalAddress();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: there is no address any more.
            return null;
        }
    }

    public override bool WaitReadable(TimeSpan timeout) => WaitFor(SelectMode.SelectRead, timeout);

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(SelectMode.SelectWrite, timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        ? new(IoResult.Ended(ChannelStatus.Canceled))
        : _waiters.WaitAsync(this, cancellationToken);

    public override SafeSocketHandle DuplicateHandle()
    {
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _longWaits.Share();
        return duplicate;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _closing = true;
        if (_ownsSocket)
        {
            CloseSocket();
        }
        else
        {
            RestoreBlocking();
        }

        Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Closed);
        InterruptSends();
        _waiters.End(this);
    }

    private IoResult Call<TState>(TState state, Func<TState, IoResult> call)
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        try
        {
            return call(state);
        }
        catch (ObjectDisposedException)
        {
            // Closed since the look above, by this library or behind its back.
            return IoResult.Ended(ChannelStatus.Closed);
        }
    }

    private bool WaitFor(SelectMode mode, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        while (!_closing && _waitError == 0 && !_longWaits.Poll(PollWait.IsReady, _socket, mode, deadline, MayWaitLong))
        {
            if (deadline.HasPassed)
            {
                return false;
            }
        }

        return true;
    }

    private void CloseSocket()
    {
        if (!_longWaits.IsShared || _longWaits.Any)
        {
            try
            {
                // Wakes every thread that waits in the socket. It fails on a socket without a peer, and wakes them all the same.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // No peer: as said above.
            }
            catch (ObjectDisposedException)
            {
                // Somebody closed the socket behind our back: nothing is left to wake.
            }
        }

        _socket.Dispose();
    }

    private void RestoreBlocking()
    {
        try
        {
            _socket.Blocking = _blockingAtFirst;
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }
}
