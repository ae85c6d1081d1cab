using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>struct rlimit (bits/resource.h) of a 64-bit system: 16 bytes.</summary>
[SupportedOSPlatform("linux")]
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    public ulong Soft;
    public ulong Hard;

    /// <summary>getrlimit(2): how many descriptors this process may have now. Null if the call fails.</summary>
    public static long? OfDescriptors()
    {
        ResourceLimit limit = default;

        // SAFETY: the kernel writes one structure on the stack.
        unsafe
        {
            // RLIM_INFINITY is the highest number (bits/resource.h).
            return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 ? (long)Math.Min(limit.Soft, long.MaxValue) : null;
        }
    }
}
