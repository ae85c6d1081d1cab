using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Engine.Batches;

namespace SocketKit;

// The slots behind the datagrams, for the calls that fill and send them.
public sealed partial class DatagramBatch
{
    /// <summary>sizeof(struct sockaddr_storage), RFC 3493 section 3.10.</summary>
    internal const int NameBytes = 128;

    private const int Free = 0;
    private const int Used = 1;
    private const int Disposed = 2;

    private static readonly IPEndPoint s_ip = new(IPAddress.Any, 0);
    private static readonly IPEndPoint s_ip6 = new(IPAddress.IPv6Any, 0);

    private SlotState[] _states;
    private SocketAddress?[] _addresses;
    private IPAddress? _lastLocal;
    private int _use;

    /// <summary>The contents, one slot after the other. Pinned, so that a system call can name them.</summary>
    internal byte[] Bytes { get; private set; }

    /// <summary>The addresses, <see cref="NameBytes"/> for each slot. Pinned.</summary>
    internal byte[] Names { get; private set; }

    /// <summary>The slot of the first datagram: a send takes datagrams away from the front.</summary>
    internal int First { get; private set; }

    /// <summary>The datagrams that went since <see cref="Enter"/>, and their bytes.</summary>
    internal int Gone { get; private set; }

    internal long GoneBytes { get; private set; }

    /// <summary>The truncated datagrams of the last receive.</summary>
    internal int Truncated { get; private set; }

    /// <summary>What a kind of system calls keeps with the batch, for receives and for sends.</summary>
    internal object? ReceiveParts { get; set; }

    internal object? SendParts { get; set; }

    /// <summary>How the endpoint that used the batch last reads its addresses.</summary>
    internal Func<SocketAddress, EndPoint?>? AddressReader { get; set; }

    private bool IsDisposed => (Volatile.Read(ref _use) & Disposed) != 0;

    internal ref SlotState StateOf(int slot) => ref _states[slot];

    internal Span<byte> DataOf(int slot) => Bytes.AsSpan(slot * DatagramSize, DatagramSize);

    internal Span<byte> NameOf(int slot) => Names.AsSpan(slot * NameBytes, NameBytes);

    /// <summary>A call begins to use the batch.</summary>
    /// <exception cref="InvalidOperationException">Another call uses it.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    internal void Enter()
    {
        int use = Interlocked.CompareExchange(ref _use, Used, Free);
        if (use != Free)
        {
            throw Refusal(use);
        }

        Gone = 0;
        GoneBytes = 0;
    }

    /// <summary>The call has ended, and the batch is its caller's again.</summary>
    internal void Leave()
    {
        if ((Interlocked.And(ref _use, ~Used) & Disposed) != 0)
        {
            LetGo();
        }
    }

    /// <summary>Empties the batch for a receive.</summary>
    internal void Restart()
    {
        First = 0;
        Count = 0;
    }

    /// <summary>So many slots were filled by a receive.</summary>
    internal void NoteReceived(int count)
    {
        Count = count;
        Truncated = 0;
        for (int i = 0; i < count; i++)
        {
            Truncated += _states[i].IsTruncated ? 1 : 0;
        }
    }

    /// <summary>The first datagrams went.</summary>
    internal void NoteSent(int count)
    {
        for (int i = 0; i < count; i++)
        {
            GoneBytes += _states[First + i].Length;
        }

        Gone += count;
        Drop(count);
    }

    internal static void WriteLocal(ref SlotState state, ReadOnlySpan<byte> address)
    {
        address.CopyTo(MemoryMarshal.AsBytes(new Span<UInt128>(ref state.Local)));
        state.LocalLength = (byte)address.Length;
    }

    /// <summary>The destination address as on the wire.</summary>
    internal static ReadOnlySpan<byte> LocalOf(in SlotState state) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in state.Local))[..state.LocalLength];

    /// <summary>The address object of a slot, with the bytes that are in <see cref="Names"/>.</summary>
    internal SocketAddress AddressOf(int slot)
    {
        SocketAddress address = _addresses[slot] ??= new SocketAddress(AddressFamily.InterNetworkV6, NameBytes);
        ref SlotState state = ref _states[slot];
        if (!state.IsAddressRead)
        {
            NameOf(slot)[..state.NameLength].CopyTo(address.Buffer.Span);
            address.Size = state.NameLength;
            state.IsAddressRead = true;
        }

        return address;
    }

    /// <summary>The address to send the datagram to; null for the peer.</summary>
    internal SocketAddress? TargetOf(int slot) => _states[slot].NameLength == 0 ? null : AddressOf(slot);

    /// <summary>Replaces the address of a datagram; null for the peer.</summary>
    internal void Retarget(int slot, SocketAddress? to)
    {
        ref SlotState state = ref _states[slot];
        state.NameLength = to?.Size ?? 0;
        to?.Buffer.Span[..to.Size].CopyTo(NameOf(slot));
        state.IsAddressRead = false;
    }

    internal EndPoint? EndPointOf(int slot)
    {
        if (_states[slot].NameLength == 0)
        {
            return null;
        }

        SocketAddress address = AddressOf(slot);
        return AddressReader is { } reader ? reader(address) : address.Family switch
        {
            AddressFamily.InterNetwork => s_ip.Create(address),
            AddressFamily.InterNetworkV6 => Unmapped((IPEndPoint)s_ip6.Create(address)),
            AddressFamily.Unix => new UnixDomainSocketEndPoint("/").Create(address),
            _ => null,
        };
    }

    /// <summary>Reuses the last address object, because most datagrams have the same local address.</summary>
    internal IPAddress? LocalOf(int slot)
    {
        ref SlotState state = ref _states[slot];
        if (state.LocalLength == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = LocalOf(in state);
        Span<byte> last = stackalloc byte[bytes.Length];
        if (_lastLocal is { } remembered && remembered.TryWriteBytes(last, out int length) && last[..length].SequenceEqual(bytes))
        {
            return remembered;
        }

        var address = new IPAddress(bytes);
        return _lastLocal = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static IPEndPoint Unmapped(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;

    private void Drop(int count)
    {
        First = count == Count ? 0 : First + count;
        Count -= count;
    }

    /// <summary>Moves what is left of a send to the front, when there is no slot behind it.</summary>
    private void Compact()
    {
        if (First + Count < Capacity)
        {
            return;
        }

        Buffer.BlockCopy(Bytes, First * DatagramSize, Bytes, 0, Count * DatagramSize);
        Buffer.BlockCopy(Names, First * NameBytes, Names, 0, Count * NameBytes);
        Array.Copy(_states, First, _states, 0, Count);
        for (int i = 0; i < Count; i++)
        {
            _states[i].IsAddressRead = false;
        }

        First = 0;
    }

    private void CheckUnused()
    {
        int use = Volatile.Read(ref _use);
        if (use != Free)
        {
            throw Refusal(use);
        }
    }

    private static Exception Refusal(int use) => (use & Disposed) != 0
        ? new ObjectDisposedException(typeof(DatagramBatch).FullName)
        : new InvalidOperationException("Another call uses the batch. One call at a time; its caller has to await it first.");

    private void LetGo()
    {
        Count = 0;
        First = 0;
        Bytes = [];
        Names = [];
        _states = [];
        _addresses = [];
        ReceiveParts = null;
        SendParts = null;
    }
}
