using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux;

/// <summary>
/// A handshake under way: connect(2) has returned EINPROGRESS, and the socket becomes writable when the handshake has ended.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollConnect : EpollOperation<FreeStep>
{
    private readonly EpollDescriptor _descriptor;

    private EpollConnect(EpollDescriptor descriptor)
        : base(descriptor, Direction.Send) => _descriptor = descriptor;

    /// <summary>Waits for the end of the handshake; the descriptor is registered only for that. The caller keeps the socket.</summary>
    public static async ValueTask<IoResult> WaitAsync(EpollLoops loops, Socket socket, CancellationToken cancellationToken)
    {
        bool referenced = false;
        SafeSocketHandle handle = socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref referenced);
            var descriptor = new EpollDescriptor(loops, (int)handle.DangerousGetHandle(), owner: null);
            IoResult outcome = await new EpollConnect(descriptor).Start(cancellationToken).AsOutcome().ConfigureAwait(false);

            // Takes the registration back. No outcome throws, so this is always reached.
            descriptor.EndClose(descriptor.BeginClose(out _));
            return outcome.IsSuccess ? Connecting.Finish(socket) : outcome;
        }
        finally
        {
            if (referenced)
            {
                handle.DangerousRelease();
            }
        }
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = default;
        return _descriptor.IsReady(StreamCalls.PollOut);
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status);

    protected override bool MayHaveMore() => false;

    protected override void OnFinished(IoResult outcome)
    {
        // The operation serves one handshake.
    }

    private IoTask Start(CancellationToken cancellationToken)
    {
        // On loopback the handshake has often ended by now, and the caller stays on its loop.
        if (TryAttempt(out IoResult outcome))
        {
            return new(outcome);
        }

        // An edge that comes from here on is kept in the state word until the operation arms.
        _descriptor.State.Begin(Direction.Send);
        SocketError error = _descriptor.Register(Libc.EPOLLOUT | Libc.EPOLLET);
        if (error == SocketError.Success)
        {
            return Start(Deadline.Infinite, cancellationToken);
        }

        _descriptor.End(Direction.Send, ready: false);
        return new(IoResult.Failed(error));
    }
}
