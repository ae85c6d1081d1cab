using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// The headers for sendmmsg(2) over pinned memory of equal parts. A message takes one part, or several that follow each other.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class SendVector
{
    /// <summary>Messages of one call: with more of them no datagram costs less.</summary>
    public const int Most = 64;

    /// <summary>Room for the control messages of one message: traffic class of both families, and the size of segments.</summary>
    public const int ControlBytes = 96;

    private readonly byte[] _names;
    private readonly int _nameBytes;
    private readonly byte[] _data;
    private readonly int _dataBytes;
    private readonly byte[] _control = GC.AllocateArray<byte>(ControlBytes * Most, pinned: true);
    private readonly MessageEntry[] _entries = GC.AllocateArray<MessageEntry>(Most, pinned: true);
    private readonly BufferVector[] _buffers;
    private readonly int[] _parts = new int[Most];
    private int _count;

    /// <param name="data">The contents; pinned.</param>
    /// <param name="names">The addresses; pinned.</param>
    /// <param name="count">How many equal parts the memory has.</param>
    public SendVector(byte[] data, byte[] names, int count)
    {
        _data = data;
        _dataBytes = data.Length / count;
        _names = names;
        _nameBytes = names.Length / count;
        _buffers = GC.AllocateArray<BufferVector>(count, pinned: true);
    }

    public int Count => _count;

    public bool IsFull => _count == Most;

    /// <summary>The number of parts of a message.</summary>
    public int PartsOf(int message) => _parts[message];

    public void Clear() => _count = 0;

    /// <summary>Adds a message of one part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="length">Bytes of the content.</param>
    /// <param name="nameLength">Bytes of the address; 0 sends to the peer.</param>
    public void Add(int part, int length, int nameLength)
    {
        // SAFETY: the arrays are pinned for their lifetime, and this object references them.
        unsafe
        {
            ref MessageHeader header = ref _entries[_count].Header;
            header.Name = nameLength == 0 ? null : Start(_names) + (part * _nameBytes);
            header.NameLength = (uint)nameLength;
            header.Buffers = (BufferVector*)Unsafe.AsPointer(ref _buffers[part]);
            header.BufferCount = 0;
            header.Control = null;
            header.ControlLength = 0;
            header.Flags = 0;
        }

        _parts[_count] = 0;
        _count++;
        Extend(part, length);
    }

    /// <summary>Adds the next part to the last message.</summary>
    public void Extend(int part, int length)
    {
        // SAFETY: the array is pinned for its lifetime, and this object references it.
        unsafe
        {
            _buffers[part].Start = Start(_data) + ((long)part * _dataBytes);
        }

        _buffers[part].Length = (nuint)length;
        _entries[_count - 1].Header.BufferCount++;
        _parts[_count - 1]++;
    }

    /// <summary>Where the control messages of the last message go; see <see cref="SetControl"/>.</summary>
    public Span<byte> Control => _control.AsSpan((_count - 1) * ControlBytes, ControlBytes);

    /// <summary>So many bytes of <see cref="Control"/> are sent with the last message.</summary>
    public void SetControl(int length)
    {
        ref MessageHeader header = ref _entries[_count - 1].Header;
        header.ControlLength = (nuint)length;

        // SAFETY: the array is pinned for its lifetime, and this object references it.
        unsafe
        {
            header.Control = length == 0 ? null : Start(_control) + ((_count - 1) * ControlBytes);
        }
    }

    /// <summary>One sendmmsg(2), which never waits: how many messages went, or the negative errno of the first one.</summary>
    public int Send(SafeSocketHandle handle)
    {
        // SAFETY: the entries are pinned, and everything they point at is pinned and referenced by this object; the lease keeps the
        // descriptor open.
        unsafe
        {
            using var lease = new DescriptorLease(handle);
            var entries = (MessageEntry*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_entries));
            int sent;
            do
            {
                sent = Libc.sendmmsg(lease.Descriptor, entries, (uint)_count, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            GC.KeepAlive(_data);
            GC.KeepAlive(_names);
            GC.KeepAlive(_control);
            GC.KeepAlive(_buffers);
            return sent < 0 ? -Marshal.GetLastPInvokeError() : sent;
        }
    }

    // SAFETY: only for arrays that are pinned for their lifetime.
    private static unsafe byte* Start(byte[] pinned) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
