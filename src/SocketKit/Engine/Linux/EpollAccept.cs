using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux;

/// <summary>The pending accept of a listener: one at a time, on the loop.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollAccept(EpollDescriptor descriptor, EpollAcceptor acceptor)
    : EpollOperation<FreeStep>(descriptor, Direction.Receive)
{
    private readonly EpollDescriptor _descriptor = descriptor;
    private EpollStream? _accepted;
    private CancellationToken _cancellationToken;

    /// <summary>Waits for a connection, which <see cref="TakeAccepted"/> then gives.</summary>
    /// <param name="isDeferred">A connection may be there, but the loop's other work comes first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IoTask Start(bool isDeferred, CancellationToken cancellationToken)
    {
        BeginOutcome begun = _descriptor.State.Begin(Direction.Receive);
        if (begun == BeginOutcome.Closing)
        {
            return new(Ended(ChannelStatus.Closed));
        }

        _cancellationToken = cancellationToken;
        SocketError error = acceptor.Register(_descriptor);
        IoResult outcome = IoResult.Failed(error);

        // Begin has cleared the edge that made the direction ready, so an attempt has to follow, here or on the loop.
        bool isTried = error == SocketError.Success && begun == BeginOutcome.BegunReady && !isDeferred;
        if (error == SocketError.Success && !(isTried && TryAttempt(out outcome)))
        {
            return Start(Deadline.Infinite, cancellationToken, isDeferred);
        }

        _descriptor.End(Direction.Receive, MayHaveMore());
        OnFinished(outcome);
        return new(outcome);
    }

    public StreamChannel TakeAccepted()
    {
        EpollStream accepted = _accepted!;
        _accepted = null;
        return accepted;
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        if (_cancellationToken.IsCancellationRequested)
        {
            // The next connection of a borrowed listener belongs to its owner.
            outcome = Ended(ChannelStatus.Canceled);
            return true;
        }

        outcome = acceptor.TryAccept(out _accepted, out SocketError error) ? default
            : error == SocketError.OperationAborted ? Ended(ChannelStatus.Closed)
            : IoResult.Failed(error);
        return error != SocketError.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status);

    /// <summary>One edge announces any number of connections, so the next accept makes an attempt first.</summary>
    protected override bool MayHaveMore() => true;

    protected override void OnFinished(IoResult outcome)
    {
        // The connection is kept for the caller that awaits the operation.
        _cancellationToken = default;
    }
}
