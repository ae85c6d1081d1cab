using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>gettid(2) and getrusage(2).</summary>
// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>bits/resource.h.</summary>
    public const int RUSAGE_THREAD = 1;

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int gettid();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getrusage(int who, ThreadUse.ResourceUsage* usage);
}
