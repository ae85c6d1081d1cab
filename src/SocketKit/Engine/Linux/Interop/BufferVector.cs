using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct iovec (bits/types/struct_iovec.h) of a 64-bit system: 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
// SAFETY: points at memory that the caller keeps pinned for the one call that uses it.
internal unsafe struct BufferVector
{
    public byte* Start;
    public nuint Length;
}
