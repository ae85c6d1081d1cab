using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace SocketKit;

/// <summary>The bytes and handles of one received message. <see cref="Dispose"/> closes the handles that were not taken.</summary>
public sealed class ReceivedHandles : IDisposable
{
    private readonly List<SafeFileHandle> _handles;

    internal ReceivedHandles(int length, List<SafeFileHandle> handles)
    {
        Length = length;
        _handles = handles;
    }

    /// <summary>The number of bytes written to the buffer; 0 once the peer has finished sending.</summary>
    public int Length { get; }

    /// <summary>The handles in the sender's order, close-on-exec: files, pipes, devices or sockets. Most messages have none.</summary>
    public IReadOnlyList<SafeFileHandle> Handles => _handles;

    /// <summary>
    /// Takes a handle as a socket handle, for <c>new Socket(handle)</c> and the <c>FromSocket</c> methods. The caller owns it.
    /// </summary>
    /// <param name="index">The index in <see cref="Handles"/>. That entry is closed from now on.</param>
    /// <returns>The same descriptor as a socket handle.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not an index of <see cref="Handles"/>.</exception>
    /// <exception cref="ObjectDisposedException">The handle was closed, or was already taken.</exception>
    public SafeSocketHandle TakeSocket(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _handles.Count);
        SafeFileHandle handle = _handles[index];
        ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
        var socket = new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true);
        handle.SetHandleAsInvalid();
        return socket;
    }

    /// <summary>Closes all handles that were not closed or taken.</summary>
    public void Dispose() => _handles.ForEach(static handle => handle.Dispose());
}
