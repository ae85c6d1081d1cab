using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Batches;

namespace SocketKit.Engine.Platform;

/// <summary>
/// The system calls of one datagram socket, each a single attempt that reports WouldBlock as a status. Two implementations: the kernel's
/// own calls on Linux, System.Net.Sockets elsewhere. Every member throws <see cref="ObjectDisposedException"/> on a closed socket.
/// </summary>
internal abstract class DatagramCalls : IDatagramOffload
{
    private SocketAddress? _from;

    /// <summary>Whether <see cref="Receive"/> can wait in the kernel.</summary>
    public abstract bool CanBlock { get; }

    /// <inheritdoc/>
    public virtual bool Segments => false;

    /// <inheritdoc/>
    public virtual bool TakesTrains => false;

    /// <summary>Whether a receive may ever leave something that <see cref="IsHolding"/> tells.</summary>
    public virtual bool MayHold => false;

    /// <summary>Whether these calls have taken something from the kernel that the next receive gets. Any thread may ask.</summary>
    public virtual bool IsHolding => false;

    /// <inheritdoc/>
    public virtual void UseOffloads(bool segments, bool trains)
    {
    }

    /// <summary>
    /// Called after a receive: whether these calls hold something that was not there before it, of which waits and pollers have to know.
    /// </summary>
    public virtual bool TakeNews() => false;

    /// <inheritdoc/>
    public virtual int Available(int first) => first;

    /// <summary>
    /// One receive. With <paramref name="block"/> it waits in the kernel, if the descriptor blocks. The end of a sequenced-packet
    /// connection is <see cref="ChannelStatus.EndOfStream"/>.
    /// </summary>
    public abstract DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo);

    /// <summary>
    /// Fills a batch, which is empty, with what is there: the count is that of the datagrams. Here by one receive after the other.
    /// </summary>
    /// <param name="batch">Receives the datagrams.</param>
    /// <param name="block">Waits in the kernel for the first one, if the descriptor blocks.</param>
    /// <param name="withDetails">Whether what the kernel tells beside the content is read.</param>
    /// <param name="withPacketInfo">Whether the destination address is part of it.</param>
    /// <param name="next">The error that a receive after the last datagram has met; it has to be reported by the next call.</param>
    public virtual IoResult ReceiveBatch(DatagramBatch batch, bool block, bool withDetails, bool withPacketInfo, out SocketError next)
    {
        next = SocketError.Success;
        SocketAddress from = _from ??= new SocketAddress(AddressFamily.InterNetworkV6, DatagramBatch.NameBytes);
        int count = 0;
        for (; count < batch.Capacity; count++)
        {
            from.Size = from.Buffer.Length;
            DatagramResult received = Receive(batch.DataOf(count), from, peek: false, block && count == 0, withPacketInfo);
            if (!received.IsSuccess)
            {
                next = count > 0 ? received.Outcome.Error : SocketError.Success;
                if (count > 0)
                {
                    break;
                }

                return received.Outcome;
            }

            Note(batch, count, received, from);
        }

        batch.NoteReceived(count);
        return new IoResult(count);
    }

    /// <summary>
    /// Sends what is in a batch, without waiting. Each datagram that goes leaves the batch. Not Success: how the send of the first one
    /// that is left has ended. Here by one send after the other.
    /// </summary>
    public virtual IoResult SendBatch(DatagramBatch batch)
    {
        while (batch.Count > 0)
        {
            int slot = batch.First;
            IoResult outcome = Send(batch.DataOf(slot)[..batch.StateOf(slot).Length], new SendTarget(batch.TargetOf(slot)));
            if (!outcome.IsSuccess)
            {
                return outcome;
            }

            batch.NoteSent(1);
        }

        return default;
    }

    /// <summary>The oldest error that the kernel has queued; null: none, or the system has no such queue.</summary>
    public virtual DatagramError? TakeQueuedError() => null;

    /// <summary>Empties the kernel's queue of errors. <see cref="TakeQueuedError"/> gives them later.</summary>
    public virtual void KeepErrors()
    {
    }

    /// <summary>
    /// Sends what is left of a run, without waiting, and notes what goes. Not Success: how the send of the first datagram that is left has
    /// ended. Here by one send after the other.
    /// </summary>
    public virtual IoResult SendSegments(ReadOnlySpan<byte> data, SocketAddress? to, ref SegmentRun run)
    {
        while (run.Bytes < data.Length)
        {
            ReadOnlySpan<byte> next = run.Next(data, 1);
            IoResult outcome = Send(next, new SendTarget(to));
            if (!outcome.IsSuccess)
            {
                return outcome;
            }

            run.NoteSent(next.Length);
        }

        return default;
    }

    /// <summary>One send, which never waits.</summary>
    public abstract IoResult Send(ReadOnlySpan<byte> data, SendTarget target);

    public abstract IoResult Connect(SocketAddress remote);

    public abstract IoResult Disconnect();

    /// <summary>Undoes what these calls have set on a borrowed socket, before it goes back to its owner.</summary>
    public virtual void Restore()
    {
    }

    /// <summary>getsockname(2); null if it fails.</summary>
    public abstract SocketAddress? ReadLocalAddress();

    private static void Note(DatagramBatch batch, int slot, DatagramResult received, SocketAddress from)
    {
        int nameLength = Math.Min(from.Size, DatagramBatch.NameBytes);
        from.Buffer.Span[..nameLength].CopyTo(batch.NameOf(slot));
        ref SlotState state = ref batch.StateOf(slot);
        state = new SlotState
        {
            Length = received.Outcome.Count,
            NameLength = nameLength,
            IsTruncated = received.IsTruncated,
            InterfaceIndex = received.InterfaceIndex,
        };
        if (received.LocalAddress is { } local)
        {
            Span<byte> address = stackalloc byte[16];
            local.TryWriteBytes(address, out int length);
            DatagramBatch.WriteLocal(ref state, address[..length]);
        }
    }
}
