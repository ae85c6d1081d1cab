using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;

namespace SocketKit;

// Runs of equal datagrams, for the protocol whose endpoints have them.
public abstract partial class DatagramEndpoint
{
    /// <summary>Whether the system counts the datagrams that it drops.</summary>
    private protected bool CountsDrops => _drops is { IsKnown: true };

    /// <summary>The datagrams that the kernel has dropped; 0 where it does not count.</summary>
    private protected long CountDrops() => _drops?.Count ?? 0;

    private protected int SendRun(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to)
    {
        TimeSpan timeout = SendTimeout;
        IoResult outcome = SendRun(data, segmentSize, to, timeout);
        return outcome.IsSuccess ? outcome.Count : throw RunFault(outcome, timeout, to);
    }

    private protected bool TrySendRun(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, out int sent)
    {
        IoResult outcome = SendRun(data, segmentSize, to, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock ? false : throw RunFault(outcome, default, to));
    }

    private protected ValueTask<int> SendRunAsync(
        ReadOnlyMemory<byte> data, int segmentSize, SocketAddress? to, CancellationToken cancellationToken)
    {
        SocketAddress? scratch = null;
        SocketAddress? target = RunTarget(to, ref scratch);
        TimeSpan timeout = SendTimeout;
        IoTask sending = _channel.SendSegmentsAsync(data, segmentSize, target, timeout, cancellationToken);
        return Sending(sending, target, scratch, to, timeout, cancellationToken);
    }

    private IoResult SendRun(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout)
    {
        SocketAddress? scratch = null;
        IoResult outcome = _channel.SendSegments(data, segmentSize, RunTarget(to, ref scratch), timeout);
        ReturnAddress(scratch);
        return outcome;
    }

    /// <summary>The address to pass to sendmsg(2); null for the peer.</summary>
    private SocketAddress? RunTarget(SocketAddress? to, ref SocketAddress? scratch)
    {
        if (to is not null)
        {
            return TargetOf(to, ref scratch);
        }

        ThrowIfDisposed(Faults.NameOf(SocketOperation.Send));
        return _peer is not null ? null : throw new InvalidOperationException(
            $"send on {Describe('→')}: the datagrams have no address, and the endpoint is not connected.");
    }

    private Exception RunFault(IoResult outcome, TimeSpan timeout, SocketAddress? to) =>
        SendFault(outcome, timeout, to is null ? null : ReadAddress(to));
}
