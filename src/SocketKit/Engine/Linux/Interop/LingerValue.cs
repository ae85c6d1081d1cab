using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct linger (bits/socket.h): 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LingerValue
{
    public int IsOn;
    public int Seconds;
}
