using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tests.Linux;

/// <summary>As <c>EpollSend</c>.</summary>
internal sealed class SimulatedSend(SimulatedStream stream) : SimulatedOperation(stream, Direction.Send)
{
    private byte[]? _data;
    private int _sent;

    public IoTask Start(byte[] data, int sent, Deadline deadline, SimulatedToken? token)
    {
        _data = data;
        _sent = sent;
        if (Stream.BeginSend(this, sent, out IoResult outcome))
        {
            return Start(deadline, token);
        }

        Recycle();
        return new(outcome);
    }

    public bool TryFirst(out IoResult outcome) => TryAttempt(out outcome);

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = Stream.AttemptSend(_data!, ref _sent);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _sent);

    protected override bool HasMore() => true;

    protected override void OnFinished(IoResult outcome) => _data = null;
}
