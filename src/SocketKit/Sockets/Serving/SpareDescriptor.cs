using Microsoft.Win32.SafeHandles;

namespace SocketKit.Sockets.Serving;

/// <summary>
/// One descriptor kept for bad times: when none is left, it is given up so that waiting clients can be accepted and turned away instead of
/// hanging in the backlog (the technique of libuv).
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
            // Somebody else took the descriptor. The next accept error brings us back here.
        }
        catch (UnauthorizedAccessException)
        {
            // A sandbox without /dev/null: the server lives without a reserve.
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Release();
    }
}
