using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>if_indextoname(3).</summary>
[SupportedOSPlatform("linux")]
internal static class InterfaceNames
{
    /// <summary>IF_NAMESIZE of net/if.h.</summary>
    private const int MostBytes = 16;

    /// <summary>False only if the system reports that there is no such interface.</summary>
    // SAFETY: the function writes at most IF_NAMESIZE bytes, its NUL included.
    public static unsafe bool Exists(int index)
    {
        byte* name = stackalloc byte[MostBytes];
        return Libc.if_indextoname((uint)index, name) != 0 || Marshal.GetLastPInvokeError() != Errno.ENXIO;
    }
}
