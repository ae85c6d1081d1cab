using System.Net.Sockets;
using SocketKit.Engine.Polling;
using SocketKit.Errors;
using SocketKit.Sockets.Polling;

namespace SocketKit;

/// <summary>
/// Waits on one thread until any of many sockets is ready, without async: epoll(7) on Linux, Socket.Select elsewhere. For loops of frames
/// and other programs that keep to their own thread; what Python has in <c>selectors</c>.
/// </summary>
/// <remarks>
/// <para>
/// It takes servers, connections and datagram endpoints of every engine. A connection that encrypts (TLS), or whose bytes belong to a pipe
/// (<see cref="StreamConnection.GetPipe"/>) or to messages (<see cref="StreamConnection.GetMessages"/>), is refused, because such a
/// connection reads ahead, and the system does not know what it holds. While a connection is in a poller these calls, and
/// <c>UpgradeToTls</c>, are refused for the same reason, with <see cref="InvalidOperationException"/>: remove it first.
/// </para>
/// <para>
/// Waiting is level-triggered: a socket is reported by every wait until what was found is taken. A report is a hint and no promise: another
/// thread may take the bytes first. So handle what is reported with the calls that never wait: <c>TryReceive</c>, <c>TrySend</c>,
/// <c>TryAccept</c>.
/// </para>
/// <para>
/// One thread waits at a time. Every other member may be called from any thread, also during a wait, which then goes on with the changed
/// set. A socket that is disposed leaves by itself. Disposing the poller leaves the sockets as they are.
/// </para>
/// </remarks>
public sealed partial class SocketPoller : IDisposable
{
    private const string Adding = "add to poller";
    private const string Modifying = "modify in poller";

    private const Readiness All = Readiness.Readable | Readiness.Writable | Readiness.HangUp | Readiness.Error;

    private readonly Lock _lock = new();
    private readonly PollTable _table = new();
    private readonly PollSet _set;
    private bool _isDisposed;

    /// <summary>Creates a poller without sockets.</summary>
    /// <param name="engine">
    /// Whose way of waiting it uses; null for <see cref="SocketEngine.Default"/>. The epoll engine waits by epoll(7): a wait costs as much
    /// as there are sockets ready, however many there are. <see cref="SocketEngine.Portable"/> waits by Socket.Select: each wait costs as
    /// much as there are sockets, .NET allocates 8 bytes for each socket and interest from 80 on, there can be 65 535, and a hang-up is
    /// noticed only of sockets that are waited for as readable, once nothing is left to receive.
    /// </param>
    /// <exception cref="SocketOperationException">
    /// No descriptor is left, or there is no loopback interface, which waking needs beside Socket.Select.
    /// </exception>
    public SocketPoller(SocketEngine? engine = null)
    {
        try
        {
            _set = (engine ?? SocketEngine.Default).OpenPollSet();
        }
        catch (SocketException exception)
        {
            // The system's message does not say what was to be made.
            throw Faults.NoPoller(exception);
        }
    }

    /// <summary>How many sockets are in it. A disposed poller has none.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _table.Count;
            }
        }
    }

    /// <summary>Adds a socket: epoll_ctl(2), EPOLL_CTL_ADD. A wait that is under way waits for it, too.</summary>
    /// <param name="socket">A server, connection or datagram endpoint. One socket may be in several pollers.</param>
    /// <param name="interest">
    /// What to wait for. A hang-up and an error are reported in any case, unless this is <see cref="Readiness.None"/>.
    /// </param>
    /// <param name="state">Any object, which each report of this socket hands back.</param>
    /// <exception cref="ArgumentException">
    /// The socket is in this poller already, or <paramref name="interest"/> is no readiness.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The connection speaks TLS, has a pipe or messages; the server speaks TLS, so that it accepts only in <c>ServeAsync</c>; or a server
    /// is to be writable.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused the call, for instance for lack of memory.</exception>
    /// <exception cref="ObjectDisposedException">The socket or the poller was disposed.</exception>
    public void Add(SocketBase socket, Readiness interest, object? state = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        CheckInterest(interest);
        IPollTarget target = TargetOf(socket, interest);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (target.Watches.Find(this) is not null)
            {
                throw new ArgumentException($"{socket} is in this poller already: modify it.", nameof(socket));
            }

            var entry = new PolledSocket(this, socket, target, state);
            switch (target.Watches.Add(entry))
            {
                case PollWatches.Added.Closed:
                    throw Faults.Disposed(Adding, null, socket);
                case PollWatches.Added.Refused:
                    throw NotSupported(socket, "it reads ahead, for TLS, a pipe or messages.");
                default:
                    _table.Add(entry);
                    break;
            }

            bool isIn = false;
            try
            {
                Change(entry, interest, Adding);
                isIn = true;
            }
            finally
            {
                if (!isIn)
                {
                    Forget(entry);
                }
            }

            if (target.Held != Readiness.None)
            {
                Hold(entry);
            }
        }
    }

    /// <summary>Changes what a socket is waited for: epoll_ctl(2), EPOLL_CTL_MOD. It keeps its state.</summary>
    /// <param name="socket">A socket of this poller.</param>
    /// <param name="interest">What to wait for from now on. <see cref="Readiness.None"/> pauses the socket.</param>
    /// <exception cref="ArgumentException">The socket is not in this poller, or <paramref name="interest"/> is no readiness.</exception>
    /// <exception cref="NotSupportedException">A server is to be writable.</exception>
    /// <exception cref="SocketOperationException">The system refused the call. The socket is waited for as before.</exception>
    /// <exception cref="ObjectDisposedException">The socket or the poller was disposed.</exception>
    public void Modify(SocketBase socket, Readiness interest)
    {
        lock (_lock)
        {
            Change(EntryOf(socket, interest), interest, Modifying);
        }
    }

    /// <summary>Changes what a socket is waited for, and its state: epoll_ctl(2), EPOLL_CTL_MOD.</summary>
    /// <param name="socket">A socket of this poller.</param>
    /// <param name="interest">What to wait for from now on. <see cref="Readiness.None"/> pauses the socket.</param>
    /// <param name="state">The object that each report of this socket hands back from now on.</param>
    /// <exception cref="ArgumentException">The socket is not in this poller, or <paramref name="interest"/> is no readiness.</exception>
    /// <exception cref="NotSupportedException">A server is to be writable.</exception>
    /// <exception cref="SocketOperationException">The system refused the call. Nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The socket or the poller was disposed.</exception>
    public void Modify(SocketBase socket, Readiness interest, object? state)
    {
        lock (_lock)
        {
            PolledSocket entry = EntryOf(socket, interest);
            Change(entry, interest, Modifying);
            entry.State = state;
        }
    }

    /// <summary>
    /// Removes a socket: epoll_ctl(2), EPOLL_CTL_DEL. No wait that begins afterwards reports it; one that ends at this moment still may.
    /// </summary>
    /// <param name="socket">Any socket, also a disposed one.</param>
    /// <returns>False if it is not in this poller, because it was never added, was removed or was disposed.</returns>
    public bool Remove(SocketBase socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        lock (_lock)
        {
            if (socket.PollTarget?.Watches.Find(this) is not PolledSocket entry || entry.Key == PollTable.NoKey)
            {
                return false;
            }

            Forget(entry);
            return true;
        }
    }

    /// <summary>
    /// Removes all sockets and leaves them as they are. A wait that is under way ends with <see cref="ObjectDisposedException"/>. Callable
    /// from any thread, any number of times.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            foreach (PolledSocket entry in _table.RemoveAll())
            {
                entry.Target.Watches.Remove(entry);
            }

            _held.Clear();
            if (!_isWaiting)
            {
                _set.Dispose();
                return;
            }
        }

        _set.Wake();
    }

    /// <summary>The socket of this entry is being closed.</summary>
    internal void Leave(PolledSocket entry)
    {
        lock (_lock)
        {
            if (entry.Key != PollTable.NoKey)
            {
                Forget(entry);
            }
        }
    }

    private static void CheckInterest(Readiness interest)
    {
        if ((interest & ~All) != 0)
        {
            throw new ArgumentException($"{interest} has bits that are no readiness.", nameof(interest));
        }
    }

    private static IPollTarget TargetOf(SocketBase socket, Readiness interest)
    {
        socket.RequireOpen(Adding);
        if (socket.WhyNotPolled(interest) is { } why)
        {
            throw NotSupported(socket, why);
        }

        return socket.PollTarget ?? throw NotSupported(socket, "its channel has no descriptor of its own.");
    }

    private static NotSupportedException NotSupported(SocketBase socket, string why) =>
        new($"{Adding} is not possible for {socket}: {why}");

    private PolledSocket EntryOf(SocketBase socket, Readiness interest)
    {
        ArgumentNullException.ThrowIfNull(socket);
        CheckInterest(interest);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (socket.PollTarget?.Watches.Find(this) is PolledSocket entry && entry.Key != PollTable.NoKey)
        {
            return socket.WhyNotPolled(interest) is { } why ? throw NotSupported(socket, why) : entry;
        }

        socket.RequireOpen(Modifying);
        throw new ArgumentException($"{socket} is not in this poller: add it.", nameof(socket));
    }

    private void Change(PolledSocket entry, Readiness interest, string operation)
    {
        try
        {
            _set.Change(entry.Target, entry.Key, entry.Interest, interest);
            entry.Interest = interest;
            if (entry.IsHeld)
            {
                _set.Wake();
            }
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the socket.
            throw Faults.Failed(operation, exception, entry.Socket);
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner has closed it.
            throw Faults.Disposed(operation, null, entry.Socket);
        }
    }

    /// <summary>Called under the lock.</summary>
    private void Forget(PolledSocket entry)
    {
        entry.Target.Watches.Remove(entry);
        _set.Change(entry.Target, entry.Key, entry.Interest, Readiness.None);
        _table.Remove(entry);
        if (entry.IsHeld)
        {
            _held.Remove(entry);
        }
    }
}
