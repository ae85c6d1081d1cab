using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct pollfd (sys/poll.h): 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int Descriptor;
    public short Wanted;
    public short Happened;
}
