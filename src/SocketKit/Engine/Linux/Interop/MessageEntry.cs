using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct mmsghdr (bits/socket.h) of a 64-bit system: 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct MessageEntry
{
    [FieldOffset(0)]
    public MessageHeader Header;

    /// <summary>Bytes received or sent.</summary>
    [FieldOffset(56)]
    public uint Length;
}
