using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// What layer 3 and the portable engine need to know about descriptors, guarded per platform. Calls that take numbers only are the same on
/// every Linux that .NET runs on; calls that take structures ask <see cref="NativeLayout"/>.
/// </summary>
internal static class Descriptors
{
    /// <summary>The most segments that are worth gathering for one call; where the system takes fewer, .NET makes several.</summary>
    public const int MostSegments = KernelLimits.Segments;

    /// <summary>Whether plain calls on this descriptor block in the kernel. False where the platform gives no way to ask.</summary>
    public static bool IsKnownToBlock(Socket socket) =>
        OperatingSystem.IsLinux() && socket.Blocking && !DescriptorFlags.IsNonBlocking(socket);

    /// <summary>Gives a socket that was connected without blocking its blocking descriptor back, where that is possible.</summary>
    public static void RestoreBlocking(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            socket.Blocking = true;
            DescriptorFlags.SetNonBlocking(socket, false);
        }
    }

    /// <summary>Makes every call on the socket return at once, also where .NET believes that it does already.</summary>
    public static void MakeNonBlocking(Socket socket)
    {
        socket.Blocking = false;
        if (OperatingSystem.IsLinux() && !DescriptorFlags.IsNonBlocking(socket))
        {
            DescriptorFlags.SetNonBlocking(socket, true);
        }
    }

    /// <summary>An adopted descriptor must not leak into child processes.</summary>
    public static void SetCloseOnExec(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            DescriptorFlags.SetCloseOnExec(socket);
        }
    }

    /// <summary>A raw socket. On Linux for every protocol of the system: .NET refuses those that it has no name for.</summary>
    public static Socket OpenRaw(AddressFamily family, ProtocolType protocol) => OperatingSystem.IsLinux() && (int)protocol is >= 0 and <= byte.MaxValue
        ? RawSockets.Open(family, (int)protocol)
        : new Socket(family, SocketType.Raw, protocol);

    /// <summary>dup(2) with close-on-exec.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static SafeSocketHandle Duplicate(Socket socket) => OperatingSystem.IsLinux()
        ? DescriptorFlags.Duplicate(socket)
        : throw new PlatformNotSupportedException("Duplicating a socket's handle is available on Linux only.");

    /// <summary>The descriptor of a socket that .NET has begun no operation on; the socket owns nothing from now on.</summary>
    public static int Take(Socket socket)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();

        // The socket is never disposed: that would wait for a release of its handle, which nobody makes any more.
        socket.SafeHandle.SetHandleAsInvalid();
        return descriptor;
    }

    /// <summary>
    /// Lets go of a connection that a duplicate goes on using. .NET ends operations that are pending on a socket it closes by a reset of the
    /// connection; so an unconnected socket takes over the descriptor first, and is what .NET resets.
    /// </summary>
    public static void Detach(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            using var dummy = new Socket(socket.AddressFamily, socket.SocketType, ProtocolType.Unspecified);
            DescriptorFlags.Replace(socket, dummy);
        }
    }

    /// <summary>The system's own datagram calls; null where this library has none.</summary>
    public static DatagramCalls? DatagramCalls(Socket socket) => NativeLayout.IsKnown ? new NativeDatagramCalls(socket) : null;
}
