using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct sock_extended_err (linux/errqueue.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExtendedError
{
    public const int Bytes = 16;

    /// <summary>SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6.</summary>
    public const byte Icmp = 2;
    public const byte Icmp6 = 3;

    public int Number;
    public byte Origin;
    public byte Type;
    public byte Code;
    public byte Padding;

    /// <summary>With EMSGSIZE: the MTU.</summary>
    public uint Information;
    public uint Data;
}
