using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>The rest of a message, or of a part of one, that met a full kernel buffer.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollSend(EpollStream stream) : EpollOperation<FreeStep>(stream, Direction.Send)
{
    private ReadOnlyMemory<byte> _data;
    private int _sent;
    private long _before;
    private bool _isWholeMessage;

    public IoTask Start(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        _data = data;
        _sent = sent;
        _before = before;
        _isWholeMessage = isWholeMessage;
        return stream.BeginSend(this, sent, out IoResult outcome) ? Start(deadline, cancellationToken) : End(outcome);
    }

    /// <summary>As <see cref="TryAttempt"/>, before the wait.</summary>
    public bool TryFirst(out IoResult outcome) => TryAttemptOnce(out outcome);

    public void Rest() => stream.RestSending(_before + _sent);

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = stream.ResumeSending() ? stream.AttemptSend(_data.Span, ref _sent) : Ended(ChannelStatus.Closed);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return true;
        }

        Rest();
        return false;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _sent);

    /// <summary>A send is tried at once anyway.</summary>
    protected override bool MayHaveMore() => true;

    protected override void OnFinished(IoResult outcome)
    {
        _data = default;
        if (_isWholeMessage)
        {
            stream.EndMessage(outcome, outcome.IsSuccess);
        }
    }

    private IoTask End(IoResult outcome)
    {
        OnFinished(outcome);
        Recycle();
        ThrowNoted();
        return new(outcome);
    }
}
