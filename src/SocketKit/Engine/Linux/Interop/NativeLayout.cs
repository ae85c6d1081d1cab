using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>Whether the structures of this folder match the layout of the kernel. Checked before one of them is passed to a call.</summary>
internal static class NativeLayout
{
    /// <summary>Linux on x64 or arm64.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsKnown { get; } =
        OperatingSystem.IsLinux() && IsKnownOn(RuntimeInformation.ProcessArchitecture, nint.Size, BitConverter.IsLittleEndian);

    /// <summary>msghdr, iovec and cmsghdr are those of a 64-bit system, and epoll_event differs between x64 and all others.</summary>
    internal static bool IsKnownOn(Architecture architecture, int pointerBytes, bool isLittleEndian) =>
        architecture is Architecture.X64 or Architecture.Arm64 && pointerBytes == sizeof(long) && isLittleEndian;
}
