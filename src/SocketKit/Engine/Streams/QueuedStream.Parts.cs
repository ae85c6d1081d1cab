using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Platform;

namespace SocketKit.Engine.Streams;

internal abstract partial class QueuedStream
{
    /// <summary>A message that comes in parts.</summary>
    private interface IPartSource
    {
        ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken);

        void Advance(int sent);
    }

    /// <summary>Sends a message that comes in parts, as one message of the queue.</summary>
    private async ValueTask<IoResult> SendMessageAsync(
        IPartSource source, long length, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ChannelStatus turn = await EnterSendAsync(length, cancellationToken).ConfigureAwait(false);
        if (turn != ChannelStatus.Success)
        {
            return IoResult.Ended(turn);
        }

        Deadline deadline = AsyncDeadline(timeout);
        NoteLength(length);
        StopWaitingInKernel();
        IoResult outcome = ResumeSending() ? default : IoResult.Ended(ChannelStatus.Closed);
        try
        {
            while (outcome.IsSuccess)
            {
                ReadOnlyMemory<byte> part = await source.NextAsync(cancellationToken).ConfigureAwait(false);
                if (part.IsEmpty)
                {
                    break;
                }

                outcome = await SendPartAsync(part, part.Span, progress.Sent, isWholeMessage: false, deadline, cancellationToken)
                    .AsOutcome().ConfigureAwait(false);
                source.Advance(outcome.Count);
                progress.Sent += outcome.Count;
            }
        }
        catch (OperationCanceledException)
        {
            // The token fired while the source was read. EndMessage decides by what was sent.
            outcome = IoResult.Ended(ChannelStatus.Canceled);
        }
        catch
        {
            // The source could not be read, or the caller's memory threw. A part stored its progress before its last wait.
            long sent = Math.Max(progress.Sent, Volatile.Read(ref _messageSent));
            EndMessage(IoResult.Ended(ChannelStatus.Abandoned, Saturate(sent)), isComplete: false);
            throw;
        }

        outcome = new IoResult(Saturate(progress.Sent), outcome.Status, outcome.Error);
        EndMessage(outcome, outcome.IsSuccess);
        return outcome;
    }

    /// <summary>Called by the holder of the send lock before its message may wait.</summary>
    private void NoteLength(long length) => Volatile.Write(ref _messageLength, length);

    /// <summary>One non-blocking sendmsg(2). Returns 0 when nothing was sent, for any reason.</summary>
    private int SendGathered(List<ArraySegment<byte>> segments)
    {
        if (_closing)
        {
            return 0;
        }

        int sent = SendGatheredOnce(segments, out SocketError error);
        if (error == SocketError.ConnectionReset)
        {
            // The kernel reports a reset once, and this call has taken it. The part that follows gets any other error itself.
            Fail(error, 0);
        }

        CountSent(Math.Max(0, sent));
        return Math.Max(0, sent);
    }

    /// <summary>Sends segments by few gathering calls while the kernel takes them, and returns the one at which it stopped.</summary>
    private sealed class SequenceSource(QueuedStream channel, ReadOnlySequence<byte> data, SendProgress progress) : IPartSource
    {
        /// <summary>Spare and empty. The caller's memory may run code of its own that sends, so a call takes it out.</summary>
        [ThreadStatic]
        private static List<ArraySegment<byte>>? s_spareList;

        private ReadOnlySequence<byte> _rest = data;

        public ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
        {
            SendGathered();
            foreach (ReadOnlyMemory<byte> segment in _rest)
            {
                if (!segment.IsEmpty)
                {
                    return new(segment);
                }
            }

            return default;
        }

        public void Advance(int sent) => _rest = _rest.Slice(sent);

        private void SendGathered()
        {
            List<ArraySegment<byte>> gathered = s_spareList ?? [];
            s_spareList = null;
            try
            {
                while (Gather(gathered))
                {
                    int sent = channel.SendGathered(gathered);
                    if (sent == 0)
                    {
                        // The kernel is full, or failed. The part that follows gets the same result, and waits or reports it.
                        break;
                    }

                    _rest = _rest.Slice(sent);
                    progress.Sent += sent;
                }
            }
            finally
            {
                // It must not keep the caller's memory alive.
                gathered.Clear();
                s_spareList = gathered;
            }
        }

        private bool Gather(List<ArraySegment<byte>> gathered)
        {
            gathered.Clear();
            foreach (ReadOnlyMemory<byte> segment in _rest)
            {
                if (gathered.Count == Descriptors.MostSegments || !MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array))
                {
                    break;
                }

                if (array.Count > 0)
                {
                    gathered.Add(array);
                }
            }

            return gathered.Count > 1;
        }
    }

    private sealed class FileSource(
        QueuedStream channel, SafeFileHandle file, long offset, long count, byte[] buffer, SendProgress progress)
        : IPartSource
    {
        public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
        {
            channel.SuspendSending(progress.Sent);
            int wanted = (int)Math.Min(buffer.Length, count - progress.Sent);
            int read = wanted == 0
                ? 0
                : await RandomAccess.ReadAsync(file, buffer.AsMemory(0, wanted), offset + progress.Sent, cancellationToken)
                    .ConfigureAwait(false);
            return buffer.AsMemory(0, read);
        }

        public void Advance(int sent)
        {
            // The progress says where the next part begins.
        }
    }
}
