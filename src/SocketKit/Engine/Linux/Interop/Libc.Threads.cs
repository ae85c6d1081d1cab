using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>gettid(2), getrusage(2) and getrlimit(2).</summary>
// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>bits/resource.h.</summary>
    public const int RUSAGE_THREAD = 1;

    /// <summary>asm-generic/resource.h.</summary>
    public const int RLIMIT_NOFILE = 7;

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int gettid();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getrusage(int who, ThreadUse.ResourceUsage* usage);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getrlimit(int resource, ResourceLimit* limit);
}
