using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// A stream on a plain descriptor. Blocking calls wait in the kernel or in poll(2) and leave the loop alone; the first async call that has
/// to wait registers the descriptor, once. The connection word says who is inside; the last one out closes.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollStream : StreamCore, IOperationOwner<FreeStep>, IEventTarget, IReadinessOwner, ILoopWork
{
    /// <summary>A descriptor that has a duplicate is not shut down to wake a waiting thread, so such a wait looks up this often.</summary>
    private const int LookUpMilliseconds = 50;

    private readonly EpollLoops _loops;
    private readonly int _fd;
    private LazyEndPoint _local;
    private LazyEndPoint _remote;
    private DescriptorState<FreeStep> _word = DescriptorState<FreeStep>.Fresh;
    private Socket? _socket;
    private volatile bool _duplicated;
    private Claims _claimed;
    private Slowness _slowness;
    private int _inKernel;
    private IThreadPoolWorkItem? _start;

    /// <param name="loops">Where it is registered when it first has to wait.</param>
    /// <param name="fd">A connected socket, which blocks, and is the channel's from now on.</param>
    /// <param name="local">getsockname(2).</param>
    /// <param name="remote">getpeername(2).</param>
    /// <param name="slowness">What its server expects of it.</param>
    public EpollStream(EpollLoops loops, int fd, LazyEndPoint local, LazyEndPoint remote, Slowness slowness = default)
    {
        _loops = loops;
        _fd = fd;
        _local = local;
        _remote = remote;
        _slowness = slowness;
    }

    /// <summary>Made on demand: a connection that nobody inspects needs none.</summary>
    public override Socket Socket
    {
        get
        {
            if (Volatile.Read(ref _socket) is { } existing)
            {
                return existing;
            }

            ObjectDisposedException.ThrowIf(!_word.TryEnter(), typeof(Socket));
            try
            {
                var created = new Socket(new SafeSocketHandle(_fd, ownsHandle: false));
                Socket socket = Interlocked.CompareExchange(ref _socket, created, null) ?? created;
                if (_word.IsClosing)
                {
                    // Whoever closes may have looked for the socket before it was there.
                    socket.SafeHandle.SetHandleAsInvalid();
                }

                return socket;
            }
            finally
            {
                Leave();
            }
        }
    }

    public override EndPoint? LocalEndPoint => _local.Value;

    public override EndPoint? RemoteEndPoint => _remote.Value;

    public override bool IsReceiving => _word.IsUnderWay(Direction.Receive);

    ref DescriptorState<FreeStep> IOperationOwner<FreeStep>.Word => ref _word;

    public ref Slowness Slowness => ref _slowness;

    protected override bool CanWaitInKernel => !_duplicated;

    public override bool TryEnter() => _word.TryEnter();

    public override void Leave()
    {
        if (_word.Exit())
        {
            CloseUnused();
        }
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        ObjectDisposedException.ThrowIf(!_word.TryEnter(), typeof(Socket));
        try
        {
            int duplicate = StreamCalls.Duplicate(_fd, out SocketError error);
            if (duplicate < 0)
            {
                throw new SocketException((int)error);
            }

            _duplicated = true;
            return new SafeSocketHandle(duplicate, ownsHandle: true);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A served connection is not forgotten: its service closes it.</summary>
    public override FinalizerGuard? NewGuard() => Service is null ? new(this) : null;

    /// <inheritdoc/>
    public void CloseUnused()
    {
        if (Linger > TimeSpan.Zero)
        {
            // The kernel may wait in close(2) for so long.
            ThreadPool.UnsafeQueueUserWorkItem(StreamCalls.Close, _fd, preferLocal: false);
        }
        else
        {
            StreamCalls.Close(_fd);
        }
    }

    /// <summary>On the loop with the fewest connections, which is this one's from now on.</summary>
    public override void Run(IThreadPoolWorkItem handler)
    {
        if (Dispatch == Dispatch.ThreadPool)
        {
            base.Run(handler);
            return;
        }

        _start = handler;
        lock (this)
        {
            // A handler that has found this connection among its server's may be registering it at this moment.
            _loop ??= _loops.ChooseLeast();
        }

        _loop.PostContinuation(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        IThreadPoolWorkItem handler = _start!;
        _start = null;
        handler.Execute();
    }

    public override void CancelServed(ServiceSignal signal)
    {
        End(_word.Stop(signal), ChannelStatus.Canceled);
        _waiters.CancelServed(this, signal);
    }

    protected override void StopWaitingInKernel()
    {
        // Each call says itself whether it waits; the descriptor's mode is never changed.
    }

    protected override SocketError ShutdownSendOnce()
    {
        if (!_word.TryEnter())
        {
            return SocketError.OperationAborted;
        }

        SocketError error = StreamCalls.ShutdownSend(_fd);
        Leave();
        return error;
    }

    protected override void CloseDescriptor(bool withReset)
    {
        _claimed = _word.BeginClose(out bool others);
        _slowness.End();
        Unregister();
        if (withReset)
        {
            StreamCalls.ResetOnClose(_fd);
            if (others)
            {
                StreamCalls.Disconnect(_fd);
            }
        }
        else if (!_duplicated || Volatile.Read(ref _inKernel) > 0)
        {
            if (CloseReason != CloseReason.PeerFinished)
            {
                DiscardUnread();
            }

            if (others || _duplicated)
            {
                // Wakes every thread that waits in the kernel. Where there is none, close(2) says goodbye by itself.
                StreamCalls.ShutdownBoth(_fd);
            }
        }
    }

    protected override void EndPending()
    {
        End(_claimed, ChannelStatus.Closed);
        _waiters.End(this);
        _socket?.SafeHandle.SetHandleAsInvalid();
        Leave();
    }

    private void End(Claims claims, ChannelStatus status)
    {
        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnEnded(status);
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnEnded(status);
        }
    }

    private void DiscardUnread()
    {
        Span<byte> scratch = stackalloc byte[CloseDrainPart];
        for (int left = CloseDrainBytes; left > 0 && StreamCalls.Available(_fd) > 0;)
        {
            int received = StreamCalls.Receive(_fd, scratch[..Math.Min(left, scratch.Length)], wait: false, peek: false, out _);
            if (received <= 0)
            {
                return;
            }

            left -= received;
        }
    }
}
