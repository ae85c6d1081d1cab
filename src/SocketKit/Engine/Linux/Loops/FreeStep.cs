using System.Runtime.CompilerServices;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>Used in production: threads interleave freely.</summary>
internal readonly struct FreeStep : IStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take()
    {
    }

    public static void FenceAll() => Interlocked.MemoryBarrierProcessWide();
}
