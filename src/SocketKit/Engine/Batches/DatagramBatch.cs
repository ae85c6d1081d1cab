using System.Net;
using SocketKit.Engine.Batches;

namespace SocketKit;

/// <summary>
/// Memory for many datagrams, received or sent by one system call: recvmmsg(2), sendmmsg(2). It belongs to the caller, who uses the same
/// object for call after call; no call allocates.
/// </summary>
/// <remarks>
/// <para>A receive replaces the contents. A send takes away what went, from the front: what is left in the batch was not sent.</para>
/// <para>
/// What was received can be sent as it is, and each datagram then goes back to its sender. One call at a time uses a batch; a second one,
/// and a change during a call, get <see cref="InvalidOperationException"/>. The members are not safe for use by several threads at once.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using var batch = new DatagramBatch();
/// while (true)
/// {
///     udp.ReceiveBatch(batch);
///     udp.SendBatch(batch);      // an echo server
/// }
/// </code>
/// </example>
public sealed partial class DatagramBatch : IDisposable
{
    /// <summary>linux/uio.h, UIO_MAXIOV: sendmmsg(2) takes no more messages in one call.</summary>
    private const int MostDatagrams = 1024;

    private const int LongestDatagram = 1 << 24;

    /// <summary>Creates a batch. Its memory is <paramref name="capacity"/> × <paramref name="datagramSize"/> bytes, pinned.</summary>
    /// <param name="capacity">The most datagrams that it holds: 1 to 1 024.</param>
    /// <param name="datagramSize">
    /// The longest content in bytes: 1 to 16 777 216. Longer datagrams are truncated; no UDP datagram has more than 65 507 bytes.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An argument, or the product of both, is out of range.</exception>
    public DatagramBatch(int capacity = 64, int datagramSize = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MostDatagrams);
        ArgumentOutOfRangeException.ThrowIfLessThan(datagramSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(datagramSize, LongestDatagram);
        if ((long)capacity * datagramSize > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(datagramSize), datagramSize, $"{capacity} datagrams of this size are more than {Array.MaxLength} bytes.");
        }

        Capacity = capacity;
        DatagramSize = datagramSize;
        Bytes = GC.AllocateUninitializedArray<byte>(capacity * datagramSize, pinned: true);
        Names = GC.AllocateArray<byte>(capacity * NameBytes, pinned: true);
        _states = new SlotState[capacity];
        _addresses = new SocketAddress?[capacity];
    }

    /// <summary>The most datagrams that it holds.</summary>
    public int Capacity { get; }

    /// <summary>The longest content of one datagram, in bytes.</summary>
    public int DatagramSize { get; }

    /// <summary>The number of datagrams in it.</summary>
    public int Count { get; private set; }

    /// <summary>One of the datagrams; 0 is the oldest.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <returns>A view of it, valid until the batch changes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such datagram.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public DatagramSlot this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (uint)index < (uint)Count
                ? new DatagramSlot(this, First + index)
                : throw new ArgumentOutOfRangeException(nameof(index), index, $"The batch holds {Count} datagrams.");
        }
    }

    /// <summary>Copies a datagram to the end of the batch, if there is room.</summary>
    /// <param name="data">The content, at most <see cref="DatagramSize"/> bytes; it may be empty.</param>
    /// <param name="to">
    /// The receiver: what a receive wrote, or <see cref="EndPoint.Serialize"/>. Null is the peer of a connected endpoint. The send checks
    /// whether the address fits the endpoint.
    /// </param>
    /// <param name="ecn">
    /// The ECN bits to send it with, on UDP and Linux; the rest of its traffic class is then 0. <see cref="Ecn.None"/> leaves the
    /// endpoint's traffic class.
    /// </param>
    /// <returns>False if the batch is full; nothing was added.</returns>
    /// <exception cref="ArgumentException">The data is longer than <see cref="DatagramSize"/>, or the address is too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ecn"/> is not a value of <see cref="Ecn"/>.</exception>
    /// <exception cref="InvalidOperationException">A call uses the batch.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public bool TryAdd(ReadOnlySpan<byte> data, SocketAddress? to = null, Ecn ecn = Ecn.None)
    {
        CheckUnused();
        if (data.Length > DatagramSize)
        {
            throw new ArgumentException(
                $"A datagram of {data.Length} bytes does not fit: this batch takes {DatagramSize} per datagram.", nameof(data));
        }

        if ((uint)ecn > (uint)Ecn.CongestionExperienced)
        {
            throw new ArgumentOutOfRangeException(nameof(ecn), ecn, "Not a value of Ecn.");
        }

        if (to is { Size: > NameBytes })
        {
            throw new ArgumentException($"An address has at most {NameBytes} bytes; this one has {to.Size}.", nameof(to));
        }

        if (Count == Capacity)
        {
            return false;
        }

        Compact();
        int slot = First + Count;
        data.CopyTo(DataOf(slot));
        int nameLength = to?.Size ?? 0;
        to?.Buffer.Span[..nameLength].CopyTo(NameOf(slot));
        _states[slot] = new SlotState { Length = data.Length, NameLength = nameLength, SentEcn = ecn };
        Count++;
        return true;
    }

    /// <summary>The same as <see cref="TryAdd"/>, for a batch that is known to have room.</summary>
    /// <param name="data">The content, at most <see cref="DatagramSize"/> bytes; it may be empty.</param>
    /// <param name="to">The receiver, as for <see cref="TryAdd"/>.</param>
    /// <param name="ecn">The ECN bits, as for <see cref="TryAdd"/>.</param>
    /// <exception cref="ArgumentException">As for <see cref="TryAdd"/>.</exception>
    /// <exception cref="InvalidOperationException">The batch is full, or a call uses it. Nothing was added.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public void Add(ReadOnlySpan<byte> data, SocketAddress? to = null, Ecn ecn = Ecn.None)
    {
        if (!TryAdd(data, to, ecn))
        {
            throw new InvalidOperationException($"The batch is full: it holds {Capacity} datagrams.");
        }
    }

    /// <summary>Removes the first datagrams: for instance one that the system has refused to send.</summary>
    /// <param name="count">How many; 0 to <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    /// <exception cref="InvalidOperationException">A call uses the batch.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public void RemoveFirst(int count = 1)
    {
        CheckUnused();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Drop(count);
    }

    /// <summary>Removes all datagrams.</summary>
    /// <exception cref="InvalidOperationException">A call uses the batch.</exception>
    /// <exception cref="ObjectDisposedException">The batch was disposed.</exception>
    public void Clear()
    {
        CheckUnused();
        Drop(Count);
    }

    /// <summary>Lets go of the memory. A call that uses the batch goes on, and then lets go of it.</summary>
    public void Dispose()
    {
        if (Interlocked.Or(ref _use, Disposed) == Free)
        {
            LetGo();
        }
    }
}
