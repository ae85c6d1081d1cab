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

    /// <summary>One non-blocking sendmsg(2). 0 when nothing went, for whatever reason.</summary>
    private int SendGathered(List<ArraySegment<byte>> segments)
    {
        if (_closing)
        {
            return 0;
        }

        int sent = SendGatheredOnce(segments, out SocketError error);
        if (error == SocketError.ConnectionReset)
        {
            // Said once by the kernel, and taken here; whatever else it is, the part that follows meets it.
            Fail(error, 0);
        }

        CountSent(Math.Max(0, sent));
        return Math.Max(0, sent);
    }

    /// <summary>Gathers segments into few calls while the kernel takes them, and hands out the one it stopped at.</summary>
    private sealed class SequenceSource(QueuedStream channel, ReadOnlySequence<byte> data, SendProgress progress) : IPartSource
    {
        private readonly List<ArraySegment<byte>> _gathered = [];
        private ReadOnlySequence<byte> _rest = data;

        public ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
        {
            while (Gather())
            {
                int sent = channel.SendGathered(_gathered);
                if (sent == 0)
                {
                    // Full, or failed: the part that follows meets the same, and waits or reports it.
                    break;
                }

                _rest = _rest.Slice(sent);
                progress.Sent += sent;
            }

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

        private bool Gather()
        {
            _gathered.Clear();
            foreach (ReadOnlyMemory<byte> segment in _rest)
            {
                if (_gathered.Count == Descriptors.MostSegments || !MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array))
                {
                    break;
                }

                if (array.Count > 0)
                {
                    _gathered.Add(array);
                }
            }

            return _gathered.Count > 1;
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
