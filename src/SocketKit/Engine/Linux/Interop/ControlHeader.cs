using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct cmsghdr (bits/socket.h) of a 64-bit system: 16 bytes, and the data right behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    /// <summary>CMSG_LEN(0).</summary>
    public const int Bytes = 16;

    public nuint Length;
    public int Level;
    public int Type;
}
