using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>The rest of a message, or of a part of one, that did not fit into the kernel's buffer.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollSend(EpollDescriptor descriptor, EpollStream stream) : EpollOperation<FreeStep>(descriptor, Direction.Send)
{
    private readonly EpollDescriptor _descriptor = descriptor;
    private ReadOnlyMemory<byte> _data;
    private int _sent;
    private long _before;
    private int _head;
    private bool _isWholeMessage;

    /// <summary>Takes the direction, tries once more if an edge came, and waits.</summary>
    public IoTask Start(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        _data = data;
        _sent = sent;
        _before = before;

        // The count of a whole message includes what was sent before these data; that of a part does not.
        _head = isWholeMessage ? (int)before : 0;
        _isWholeMessage = isWholeMessage;
        BeginOutcome begun = _descriptor.State.Begin(Direction.Send);
        if (begun is BeginOutcome.Closing or BeginOutcome.Busy)
        {
            return End(Ended(ChannelStatus.Closed));
        }

        NoteProgress();
        bool hasEnded = TryAttemptAgain(isReady: begun == BeginOutcome.BegunReady, out IoResult outcome);
        if (!hasEnded)
        {
            return Start(deadline, cancellationToken);
        }

        _descriptor.End(Direction.Send, ready: true);
        return End(outcome);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        if (!stream.ResumeSending())
        {
            outcome = Ended(ChannelStatus.Closed);
            return true;
        }

        outcome = stream.AttemptSend(_data.Span, ref _sent);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            outcome = new IoResult(_head + _sent, outcome.Status, outcome.Error);
            return true;
        }

        NoteProgress();
        return false;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _head + _sent);

    /// <summary>A new send always makes an attempt first.</summary>
    protected override bool MayHaveMore() => true;

    protected override void OnFinished(IoResult outcome)
    {
        _data = default;
        if (_isWholeMessage)
        {
            stream.EndMessage(outcome, outcome.IsSuccess);
        }
    }

    private void NoteProgress() => stream.SuspendSending(_before + _sent);

    private bool TryAttemptAgain(bool isReady, out IoResult outcome)
    {
        outcome = default;
        if (isReady && TryAttemptOnce(out outcome))
        {
            return true;
        }

        SocketError error = _descriptor.Register();
        if (error == SocketError.Success)
        {
            return false;
        }

        outcome = stream.FailToWait(error, _head + _sent);
        return true;
    }

    private IoTask End(IoResult outcome)
    {
        OnFinished(outcome);
        Recycle();
        ThrowNoted();
        return new(outcome);
    }
}
