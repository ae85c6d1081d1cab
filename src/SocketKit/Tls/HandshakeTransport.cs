using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>The transport of a handshake: the channel itself, with one deadline for all calls.</summary>
/// <param name="channel">The channel that moves the bytes.</param>
/// <param name="deadline">When the handshake has to be over.</param>
/// <param name="handshake">Is told the first bytes of the peer.</param>
/// <param name="blocks">Whether calls wait on the calling thread, so that the whole handshake runs there.</param>
internal sealed class HandshakeTransport(StreamChannel channel, Deadline deadline, TlsHandshake handshake, bool blocks)
{
    private bool _hasRead;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (blocks)
        {
            return Read(buffer, deadline.HasPassed ? Late : channel.Receive(buffer.Span, ReceiveKind.Some, deadline.Remaining()));
        }

        IoTask receiving = channel.ReceiveAsync(buffer, ReceiveKind.Some, Left(), cancellationToken);
        return Read(buffer, receiving.IsPending ? await OffLoopAsync(receiving).ConfigureAwait(false) : receiving.Outcome);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (blocks)
        {
            CountOf(deadline.HasPassed ? Late : channel.Send(buffer.Span, deadline.Remaining()));
            return;
        }

        IoTask sending = channel.SendAsync(buffer, Left(), cancellationToken);
        CountOf(sending.IsPending ? await OffLoopAsync(sending).ConfigureAwait(false) : sending.Outcome);
    }

    private static IoResult Late => IoResult.Ended(ChannelStatus.DeadlinePassed);

    /// <summary>
    /// The next step computes for a millisecond, which a loop must not wait for. A loop is no thread of the pool, and neither is a thread
    /// of System.Net.Sockets that runs continuations itself.
    /// </summary>
    private static async ValueTask<IoResult> OffLoopAsync(IoTask pending)
    {
        IoResult outcome = await pending.AsOutcome().ConfigureAwait(false);
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        return outcome;
    }

    private int Read(ReadOnlyMemory<byte> buffer, IoResult outcome)
    {
        int count = CountOf(outcome);
        if (!_hasRead)
        {
            _hasRead = true;
            handshake.FirstBytes = buffer[..Math.Min(count, TlsHandshake.MostFirstBytes)].ToArray();
        }

        return count;
    }

    private static int CountOf(IoResult outcome) => outcome.IsSuccess ? outcome.Count : throw new HandshakeTransportException(outcome);

    /// <summary>Zero would be no deadline to an async call.</summary>
    private TimeSpan Left() => deadline.HasPassed ? TimeSpan.FromTicks(1) : deadline.Remaining();
}
