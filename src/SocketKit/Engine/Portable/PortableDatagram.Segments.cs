using System.Net;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>Sends of runs.</summary>
internal sealed partial class PortableDatagram
{
    public override DatagramCalls Calls => _calls;

    public override IoResult SendSegments(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout)
    {
        var run = new SegmentRun(segmentSize);
        return run.Ended(Send(new OutgoingDatagrams(data, to, ref run), timeout));
    }

    public override IoTask SendSegmentsAsync(
        ReadOnlyMemory<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        var run = new SegmentRun(segmentSize);
        IoResult outcome = AttemptSend(new OutgoingDatagrams(data.Span, to, ref run));
        return outcome.Status != ChannelStatus.WouldBlock
            ? new(run.Ended(outcome))
            : RentSend().Start(data, to, null, run, timeout, cancellationToken);
    }
}
