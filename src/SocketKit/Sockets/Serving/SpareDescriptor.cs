using Microsoft.Win32.SafeHandles;

namespace SocketKit.Sockets.Serving;

/// <summary>
/// Keeps one descriptor in reserve. When the process has no descriptor left, it is closed so that waiting clients can be accepted and
/// turned away instead of hanging in the backlog (as libuv does).
/// </summary>
internal sealed class SpareDescriptor : IDisposable
{
    private SafeFileHandle? _handle;
    private bool _disposed;

    public SpareDescriptor() => Retake();

    public void Release()
    {
        _handle?.Dispose();
        _handle = null;
    }

    public void Retake()
    {
        if (_disposed || _handle is not null || OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            _handle = File.OpenHandle("/dev/null");
        }
        catch (IOException)
        {
            // Another thread took the descriptor. The next accept error calls this again.
        }
        catch (UnauthorizedAccessException)
        {
            // A sandbox without /dev/null: the server runs without a reserve.
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Release();
    }
}
