using System.Runtime.InteropServices;

namespace SocketKit.Engine.Platform;

/// <summary>Keeps handles from being closed, and their numbers from being given to other files, while a message carries them.</summary>
internal readonly struct PassedHandles : IDisposable
{
    private readonly SafeHandle[] _handles;

    private PassedHandles(SafeHandle[] handles, int[] descriptors)
    {
        _handles = handles;
        Descriptors = descriptors;
    }

    public int[] Descriptors { get; }

    /// <summary>References every handle.</summary>
    /// <exception cref="ObjectDisposedException">A handle is closed; none stays referenced.</exception>
    public static PassedHandles Take(ReadOnlySpan<SafeHandle> handles)
    {
        SafeHandle[] copy = handles.ToArray();
        int[] descriptors = new int[copy.Length];
        int held = 0;
        try
        {
            for (; held < copy.Length; held++)
            {
                bool referenced = false;
                copy[held].DangerousAddRef(ref referenced);
                descriptors[held] = (int)copy[held].DangerousGetHandle();
            }
        }
        catch
        {
            // One handle is closed: release those before it.
            Release(copy.AsSpan(0, held));
            throw;
        }

        return new PassedHandles(copy, descriptors);
    }

    public void Dispose() => Release(_handles);

    private static void Release(ReadOnlySpan<SafeHandle> handles)
    {
        foreach (SafeHandle handle in handles)
        {
            handle.DangerousRelease();
        }
    }
}
