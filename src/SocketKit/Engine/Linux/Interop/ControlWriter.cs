using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>Writes control messages for sendmsg(2) and sendmmsg(2), as cmsg(3) lays them out.</summary>
internal static class ControlWriter
{
    /// <summary>Writes one control message with one value, and gives back its CMSG_SPACE.</summary>
    public static int Write<TValue>(Span<byte> control, int level, int type, TValue value)
        where TValue : unmanaged
    {
        Span<byte> data = control[ControlHeader.Bytes..];
        MemoryMarshal.Write(data, in value);
        int length = ControlHeader.Bytes + Unsafe.SizeOf<TValue>();
        MemoryMarshal.Write(control, new ControlHeader { Length = (nuint)length, Level = level, Type = type });
        return (length + nint.Size - 1) & -nint.Size;
    }
}
