using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace SocketKit;

/// <summary>Bytes and handles that came in one message. Disposing it closes the handles that were not taken.</summary>
public sealed class ReceivedHandles : IDisposable
{
    private readonly List<SafeFileHandle> _handles;

    internal ReceivedHandles(int length, List<SafeFileHandle> handles)
    {
        Length = length;
        _handles = handles;
    }

    /// <summary>Bytes written to the buffer; 0 once the peer has finished sending.</summary>
    public int Length { get; }

    /// <summary>The handles in the order of the sender, close-on-exec: files, pipes, devices or sockets. Most messages have none.</summary>
    public IReadOnlyList<SafeFileHandle> Handles => _handles;

    /// <summary>Makes a handle a socket's, for <c>new Socket(handle)</c> and the <c>FromSocket</c> methods. The caller owns it.</summary>
    /// <param name="index">Its place in <see cref="Handles"/>, whose entry is closed from now on.</param>
    /// <returns>The same descriptor under another type.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such handle.</exception>
    /// <exception cref="ObjectDisposedException">The handle was closed or taken before.</exception>
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

    /// <summary>Closes all handles that are still open.</summary>
    public void Dispose() => _handles.ForEach(static handle => handle.Dispose());
}
