using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// A stream on a plain descriptor. Blocking calls wait in the kernel or in poll(2). The first async call that has to wait registers the
/// descriptor with a loop.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollStream : SocketStream, IDescriptorOwner
{
    private readonly EpollDescriptor _descriptor;
    private LazyEndPoint _local;
    private LazyEndPoint _remote;
    private Socket? _socket;
    private Later? _later;

    /// <param name="loops">The loops, one of which it is registered with when it first has to wait.</param>
    /// <param name="fd">A connected, blocking socket, which the channel owns from now on.</param>
    /// <param name="local">getsockname(2).</param>
    /// <param name="remote">getpeername(2).</param>
    /// <param name="pace">The pace that its server expects of it.</param>
    public EpollStream(EpollLoops loops, int fd, LazyEndPoint local, LazyEndPoint remote, Pace pace = default)
    {
        _descriptor = new EpollDescriptor(loops, fd, this, pace);
        _local = local;
        _remote = remote;
    }

    public override SocketEngine Engine => _descriptor.Engine;

    /// <summary>Made on demand, because most connections need none.</summary>
    public override Socket Socket
    {
        get
        {
            if (Volatile.Read(ref _socket) is { } existing)
            {
                return existing;
            }

            ObjectDisposedException.ThrowIf(!TryEnter(), typeof(Socket));
            try
            {
                var created = new Socket(new SafeSocketHandle(_descriptor.Number, ownsHandle: false));
                Socket socket = Interlocked.CompareExchange(ref _socket, created, null) ?? created;
                if (_descriptor.IsClosing)
                {
                    // The closing thread may have looked for the socket before it was stored.
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

    public override bool IsReceiving => _descriptor.State.IsUnderWay(Direction.Receive);

    public override Dispatch Dispatch
    {
        get => _descriptor.Dispatch;
        set => _descriptor.Dispatch = value;
    }

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = Signal.Token;
            if (!Signal.HasFired && TryEnter())
            {
                if (_descriptor.Register(EpollDescriptor.EndEvents) != SocketError.Success || _descriptor.State.IsOver)
                {
                    // No further edge will report the end.
                    LookForEnd();
                }

                Leave();
            }

            return token;
        }
    }

    public override int UnreadBytes => BytesIn(StreamCalls.Unread);

    public override int UnsentBytes => BytesIn(StreamCalls.Unsent);

    protected override bool CanWaitInKernel => !_descriptor.KernelWaits.IsShared;

    public override bool TryEnter() => _descriptor.State.TryEnter();

    public override void Leave() => _descriptor.Leave();

    public override bool TryLease(out nint handle)
    {
        handle = _descriptor.Number;
        return TryEnter();
    }

    public override void EndLease() => Leave();

    public override bool WaitReadable(TimeSpan timeout) => _descriptor.WaitFor(StreamCalls.PollIn, timeout);

    public override bool WaitWritable(TimeSpan timeout) => _descriptor.WaitFor(StreamCalls.PollOut, timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => _descriptor.WaitReadableAsync(cancellationToken);

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) => _descriptor.WaitWritableAsync(cancellationToken);

    public override SafeSocketHandle DuplicateHandle()
    {
        ObjectDisposedException.ThrowIf(!TryEnter(), typeof(Socket));
        try
        {
            int duplicate = StreamCalls.Duplicate(_descriptor.Number, out SocketError error);
            if (duplicate < 0)
            {
                throw new SocketException((int)error);
            }

            _descriptor.KernelWaits.Share();
            return new SafeSocketHandle(duplicate, ownsHandle: true);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Served connections need none: their service closes them.</summary>
    public override bool NeedsGuard => Service is null;

    /// <summary>Runs the handler on the loop with the fewest connections, which becomes the loop of this connection.</summary>
    public override void Run(IThreadPoolWorkItem handler)
    {
        if (Dispatch == Dispatch.ThreadPool)
        {
            base.Run(handler);
        }
        else
        {
            _descriptor.Run(handler);
        }
    }

    public override void RunLater(IThreadPoolWorkItem work)
    {
        if (EpollLoop.Current is { } loop && Dispatch != Dispatch.ThreadPool)
        {
            loop.PostContinuation(_later ??= new Later(work));
        }
        else
        {
            base.RunLater(work);
        }
    }

    public override void CancelServed(ServiceSignal signal) => _descriptor.CancelServed(signal);

    protected override void StopWaitingInKernel()
    {
        // Each call passes a flag that says whether it waits; the descriptor's mode never changes.
    }

    protected override SocketError ShutdownSendOnce()
    {
        if (!TryEnter())
        {
            return SocketError.OperationAborted;
        }

        SocketError error = StreamCalls.ShutdownSend(_descriptor.Number);
        Leave();
        return error;
    }

    public override bool TryReadOption(int level, int name, Span<byte> value)
    {
        if (!TryEnter())
        {
            return false;
        }

        bool isRead = StreamCalls.TryGetOption(_descriptor.Number, level, name, value);
        Leave();
        return isRead;
    }

    private int BytesIn(Func<int, int> queue)
    {
        if (!TryEnter())
        {
            return 0;
        }

        int bytes = queue(_descriptor.Number);
        Leave();
        return bytes;
    }

    /// <summary>The work that runs when the loop has handled what was ready.</summary>
    private sealed class Later(IThreadPoolWorkItem work) : ILoopWork
    {
        private Pace _pace;

        /// <summary>Not that of the connection, whose code may run on its own loop at the same time.</summary>
        public ref Pace Pace => ref _pace;

        public void Execute() => work.Execute();
    }
}
