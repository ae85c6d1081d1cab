using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// Keeps the descriptor of a .NET socket open during a call. A thread that disposes the socket meanwhile waits for the end.
/// </summary>
internal static class SocketLease
{
    /// <summary>False: the socket is closed.</summary>
    public static bool TryBegin(Socket socket, out nint handle)
    {
        try
        {
            bool isOpen = false;
            socket.SafeHandle.DangerousAddRef(ref isOpen);
            handle = socket.SafeHandle.DangerousGetHandle();
            return isOpen;
        }
        catch (ObjectDisposedException)
        {
            // Closed by this library, or by the socket's owner.
            handle = default;
            return false;
        }
    }

    /// <summary>The counterpart of <see cref="TryBegin"/>.</summary>
    public static void End(Socket socket) => socket.SafeHandle.DangerousRelease();
}
