using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>A thread that runs loops.</summary>
/// <param name="number">Its gettid(2) number.</param>
internal sealed class LoopThread(int number)
{
    [ThreadStatic]
    private static LoopThread? s_current;

    private bool _isBlocked;

    /// <summary>No thread: the loop has not run yet.</summary>
    public static LoopThread None { get; } = new(0);

    /// <summary>The calling thread.</summary>
    [SupportedOSPlatform("linux")]
    public static LoopThread Current => s_current ??= new LoopThread(ThreadUse.CurrentThread);

    public int Number => number;

    /// <summary>The thread waits in user code. False: that was known.</summary>
    public bool TryBlock() => !Interlocked.Exchange(ref _isBlocked, true);

    /// <summary>The thread has returned. False: it was not known to wait.</summary>
    public bool TryUnblock() => Volatile.Read(ref _isBlocked) && Interlocked.Exchange(ref _isBlocked, false);
}
