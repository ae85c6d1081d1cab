using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct statx (linux/stat.h), 256 bytes on every architecture; only the fields that are read are declared.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(20)]
    public uint Owner;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;
}
