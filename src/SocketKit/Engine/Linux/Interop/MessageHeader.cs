using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct msghdr (bits/socket.h) of a 64-bit system: 56 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
// SAFETY: points at memory that the caller keeps pinned for the one call that uses it.
internal unsafe struct MessageHeader
{
    [FieldOffset(0)]
    public byte* Name;

    [FieldOffset(8)]
    public uint NameLength;

    [FieldOffset(16)]
    public BufferVector* Buffers;

    [FieldOffset(24)]
    public nuint BufferCount;

    [FieldOffset(32)]
    public byte* Control;

    [FieldOffset(40)]
    public nuint ControlLength;

    [FieldOffset(48)]
    public int Flags;
}
