using System.Buffers;
using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>A message in two parts, such as a header and a body, which need not lie side by side in memory.</summary>
internal abstract partial class QueuedStream
{
    /// <summary>How much of a message is copied at most so that it leaves in one call: more than a full segment of TCP.</summary>
    private const int GatheredBytes = 16 * 1024;

    public override IoResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, TimeSpan timeout)
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        return header.IsEmpty && body.IsEmpty ? default : SendInTurn(header, body, default, timeout);
    }

    public override IoTask SendAsync(
        ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (header.IsEmpty || body.IsEmpty)
        {
            return SendAsync(header.IsEmpty ? body : header, timeout, cancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        if (_closing)
        {
            return new(IoResult.Ended(ChannelStatus.Closed));
        }

        // The caller's memory may throw; then nothing has begun.
        ReadOnlySpan<byte> first = header.Span;
        ReadOnlySpan<byte> second = body.Span;
        return _sendLock.TryEnter()
            ? SendPairEnteredAsync(header, body, first, second, AsyncDeadline(timeout), cancellationToken)
            : IoTask.Of(SendPairQueuedAsync(header, body, timeout, cancellationToken));
    }

    /// <summary>
    /// One call that sends both as far as it can, without waiting. A transport that cannot gather gets a copy of the beginning.
    /// </summary>
    protected virtual int SendGatheredOnce(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out SocketError error)
    {
        if (first.Length >= GatheredBytes)
        {
            return SendOnce(first, wait: false, out error);
        }

        int length = Math.Min(first.Length + second.Length, GatheredBytes);
        byte[] copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            first.CopyTo(copy);
            second[..(length - first.Length)].CopyTo(copy.AsSpan(first.Length));
            return SendOnce(copy.AsSpan(0, length), wait: false, out error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async ValueTask<IoResult> SendPairQueuedAsync(
        ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ChannelStatus turn =
            await EnterSendAsync((long)header.Length + body.Length, cancellationToken).ConfigureAwait(false);
        if (turn != ChannelStatus.Success)
        {
            return IoResult.Ended(turn);
        }

        IoTask sending;
        try
        {
            sending = SendPairEnteredAsync(header, body, header.Span, body.Span, AsyncDeadline(timeout), cancellationToken);
        }
        catch
        {
            // The caller has let go of its memory meanwhile: nothing was sent, and the next message has the turn.
            EndMessage(IoResult.Ended(ChannelStatus.Failed), isComplete: false);
            throw;
        }

        return await sending.AsOutcome().ConfigureAwait(false);
    }

    /// <summary>Sends both, by the holder of the send lock.</summary>
    private IoTask SendPairEnteredAsync(
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> body,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        Deadline deadline,
        CancellationToken cancellationToken)
    {
        StopWaitingInKernel();
        int sent = 0;
        IoResult outcome = ResumeSending() ? AttemptSend(first, second, ref sent) : IoResult.Ended(ChannelStatus.Closed);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            EndMessage(outcome, outcome.IsSuccess);
            return new(outcome);
        }

        NoteLength((long)header.Length + body.Length);

        // A header is short, so mostly only the body is left.
        return sent >= header.Length
            ? WaitToSendAsync(body, sent - header.Length, header.Length, isWholeMessage: true, deadline, cancellationToken)
            : IoTask.Of(SendPartsAsync(header, body, handles: null, sent, deadline, cancellationToken));
    }

    /// <summary>Sends what is left of a message in parts, by the holder of the send lock.</summary>
    /// <param name="header">The first part.</param>
    /// <param name="body">The second part; it may be empty.</param>
    /// <param name="handles">What goes with the first byte, as <see cref="SendFirstPart"/> understands it, or null.</param>
    /// <param name="sent">How much of both is sent already.</param>
    /// <param name="deadline">When the message has to be sent.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    private async ValueTask<IoResult> SendPartsAsync(
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> body,
        int[]? handles,
        int sent,
        Deadline deadline,
        CancellationToken cancellationToken)
    {
        NoteLength((long)header.Length + body.Length);
        IoResult outcome = default;
        try
        {
            if (handles is not null)
            {
                outcome = await SendFirstPartAsync(header, handles, deadline, cancellationToken).ConfigureAwait(false);
                sent = outcome.Count;
            }

            while (outcome.IsSuccess && sent < header.Length + body.Length)
            {
                ReadOnlyMemory<byte> part = sent < header.Length ? header[sent..] : body[(sent - header.Length)..];
                outcome = await SendPartAsync(part, part.Span, sent, isWholeMessage: false, deadline, cancellationToken)
                    .AsOutcome().ConfigureAwait(false);
                sent += outcome.Count;
            }
        }
        catch
        {
            // The caller's memory threw. A part stored its progress before its last wait.
            long stored = Math.Max(sent, Volatile.Read(ref _messageSent));
            EndMessage(IoResult.Ended(ChannelStatus.Abandoned, Saturate(stored)), isComplete: false);
            throw;
        }

        outcome = new IoResult(sent, outcome.Status, outcome.Error);
        EndMessage(outcome, outcome.IsSuccess);
        return outcome;
    }
}
