using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>if_indextoname(3), if_nametoindex(3).</summary>
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

    /// <summary>The index of the interface with this name; 0 if there is none.</summary>
    // SAFETY: the buffer has room for IF_NAMESIZE bytes, and at least the last of them stays NUL.
    public static unsafe int IndexOf(string name)
    {
        byte* bytes = stackalloc byte[MostBytes];
        var buffer = new Span<byte>(bytes, MostBytes);
        buffer.Clear();

        // A C library may shorten a longer name, and would find another interface.
        bool fits = Encoding.UTF8.TryGetBytes(name, buffer[..^1], out _) && !name.Contains('\0', StringComparison.Ordinal);
        return fits ? (int)Libc.if_nametoindex(bytes) : 0;
    }

    /// <summary>The name of the interface with this index; null if there is none.</summary>
    // SAFETY: the function writes at most IF_NAMESIZE bytes, its NUL included.
    public static unsafe string? NameOf(int index)
    {
        byte* name = stackalloc byte[MostBytes];
        return Libc.if_indextoname((uint)index, name) == 0 ? null : Marshal.PtrToStringUTF8((nint)name);
    }
}
