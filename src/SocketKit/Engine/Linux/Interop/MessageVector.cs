using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// The headers for recvmmsg(2) over pinned memory of equal parts: written once, and before each call only what the kernel has changed.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class MessageVector
{
    private readonly byte[] _names;
    private readonly int _nameBytes;
    private readonly byte[] _control;
    private readonly int _controlBytes;
    private readonly byte[] _data;
    private readonly MessageEntry[] _entries;
    private readonly BufferVector[] _buffers;

    /// <summary>The entries that the kernel has written since they were prepared.</summary>
    private int _used;

    /// <param name="data">Receives the contents; pinned.</param>
    /// <param name="names">Receives the addresses; pinned.</param>
    /// <param name="controlBytes">Room for the control messages of one datagram; 0 for none.</param>
    /// <param name="count">How many equal parts the memory has.</param>
    public MessageVector(byte[] data, byte[] names, int controlBytes, int count)
    {
        _data = data;
        _names = names;
        _nameBytes = names.Length / count;
        _controlBytes = controlBytes;
        _control = GC.AllocateArray<byte>(controlBytes * count, pinned: true);
        _entries = GC.AllocateArray<MessageEntry>(count, pinned: true);
        _buffers = GC.AllocateArray<BufferVector>(count, pinned: true);
        _used = count;
        int dataBytes = data.Length / count;

        // SAFETY: all arrays are pinned for their lifetime, and this object references them as long as the pointers are used.
        unsafe
        {
            for (int i = 0; i < count; i++)
            {
                _buffers[i].Start = Start(data) + ((long)i * dataBytes);
                _buffers[i].Length = (nuint)dataBytes;
                ref MessageHeader header = ref _entries[i].Header;
                header.Name = Start(names) + (i * _nameBytes);
                header.Buffers = (BufferVector*)Unsafe.AsPointer(ref _buffers[i]);
                header.BufferCount = 1;
                header.Control = controlBytes == 0 ? null : Start(_control) + (i * controlBytes);
            }
        }
    }

    public bool HasControl => _controlBytes > 0;

    /// <summary>One recvmmsg(2): how many messages came, or the negative errno.</summary>
    /// <param name="handle">The socket.</param>
    /// <param name="flags">MSG_DONTWAIT, MSG_WAITFORONE.</param>
    /// <param name="most">The most messages to take.</param>
    public int Receive(SafeSocketHandle handle, int flags, int most = int.MaxValue)
    {
        // After an error the kernel may have changed the first entry.
        for (int i = 0; i < Math.Max(_used, 1); i++)
        {
            ref MessageHeader header = ref _entries[i].Header;
            header.NameLength = (uint)_nameBytes;
            header.ControlLength = (nuint)_controlBytes;
            header.Flags = 0;
        }

        // SAFETY: the entries are pinned, and everything they point at is pinned and referenced by this object; the lease keeps the
        // descriptor open.
        unsafe
        {
            using var lease = new DescriptorLease(handle);
            var entries = (MessageEntry*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_entries));
            int count;
            do
            {
                // The time-out of this call is checked only after a datagram has come (recvmmsg(2), BUGS), so none is given.
                count = Libc.recvmmsg(lease.Descriptor, entries, (uint)Math.Min(most, _entries.Length), flags, null);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            GC.KeepAlive(_data);
            GC.KeepAlive(_names);
            GC.KeepAlive(_control);
            GC.KeepAlive(_buffers);
            _used = Math.Max(count, 0);
            return count < 0 ? -Marshal.GetLastPInvokeError() : count;
        }
    }

    public int LengthOf(int index) => (int)_entries[index].Length;

    /// <summary>Bytes of the sender's address; 0 if it has none.</summary>
    public int NameLengthOf(int index) => Math.Min((int)_entries[index].Header.NameLength, _nameBytes);

    /// <summary>MSG_TRUNC: the datagram was longer. MSG_CTRUNC: a control message did not fit.</summary>
    public int FlagsOf(int index) => _entries[index].Header.Flags;

    public ReadOnlySpan<byte> ControlOf(int index) =>
        _control.AsSpan(index * _controlBytes, Math.Min((int)_entries[index].Header.ControlLength, _controlBytes));

    // SAFETY: only for arrays that are pinned for their lifetime.
    private static unsafe byte* Start(byte[] pinned) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
