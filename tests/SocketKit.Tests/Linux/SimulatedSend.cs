using SocketKit.Engine;
using SocketKit.Engine.Linux;

namespace SocketKit.Tests.Linux;

/// <summary>As <c>EpollSend</c>.</summary>
internal sealed class SimulatedSend(SimulatedStream stream) : SimulatedOperation(stream, Direction.Send)
{
    private byte[]? _data;
    private int _sent;

    public TransferTask Start(byte[] data, int sent, Deadline deadline, SimulatedToken? token)
    {
        _data = data;
        _sent = sent;
        if (Stream.BeginSend(this, sent, out Transfer outcome))
        {
            return Start(deadline, token);
        }

        Recycle();
        return new(outcome);
    }

    public bool TryFirst(out Transfer outcome) => TryAttempt(out outcome);

    protected override bool TryAttempt(out Transfer outcome)
    {
        outcome = Stream.AttemptSend(_data!, ref _sent);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override Transfer Ended(ChannelStatus status) => Transfer.Ended(status, _sent);

    protected override bool HasMore() => true;

    protected override void OnFinished(Transfer outcome) => _data = null;
}
