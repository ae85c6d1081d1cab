using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// Operations on descriptors for layer 3 and the portable engine, guarded per platform. Calls that take numbers only are the same on
/// every Linux that .NET runs on; calls that take structures check <see cref="NativeLayout"/>.
/// </summary>
internal static class Descriptors
{
    /// <summary>The most segments to gather for one call; if the system takes fewer, .NET makes several calls.</summary>
    public const int MostSegments = KernelLimits.Segments;

    /// <summary>How many descriptors this process may have: RLIMIT_NOFILE. Null if the platform cannot tell.</summary>
    public static long? Limit => NativeLayout.IsKnown ? ResourceLimit.OfDescriptors() : null;

    /// <summary>Whether plain calls on this descriptor block in the kernel. False if the platform cannot tell.</summary>
    public static bool IsKnownToBlock(Socket socket) =>
        OperatingSystem.IsLinux() && socket.Blocking && !DescriptorFlags.IsNonBlocking(socket);

    /// <summary>Makes a socket that was connected without blocking block again, where that is possible.</summary>
    public static void RestoreBlocking(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            socket.Blocking = true;
            DescriptorFlags.SetNonBlocking(socket, false);
        }
    }

    /// <summary>Makes every call on the socket return at once, also if .NET believes that it does so already.</summary>
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

    /// <summary>Opens a raw socket. Linux takes every protocol number; .NET refuses numbers that it has no name for.</summary>
    public static Socket OpenRaw(AddressFamily family, ProtocolType protocol) =>
        OperatingSystem.IsLinux() && (int)protocol is >= 0 and <= byte.MaxValue
        ? RawSockets.Open(family, (int)protocol)
        : new Socket(family, SocketType.Raw, protocol);

    /// <summary>dup(2) with close-on-exec.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static SafeSocketHandle Duplicate(Socket socket) => OperatingSystem.IsLinux()
        ? DescriptorFlags.Duplicate(socket)
        : throw new PlatformNotSupportedException("Duplicating a socket's handle is available on Linux only.");

    /// <summary>Bytes that the kernel has taken and the peer has not: SIOCOUTQ. 0 after the close, and on other systems.</summary>
    public static int Unsent(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            using var lease = new DescriptorLease(socket.SafeHandle);
            return StreamCalls.Unsent(lease.Descriptor);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return 0;
        }
    }

    /// <summary>Takes the descriptor of a socket on which .NET has begun no operation. The socket owns nothing from now on.</summary>
    public static int Take(Socket socket)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();

        // The socket is never disposed: Dispose would wait for a release of its handle that never comes.
        socket.SafeHandle.SetHandleAsInvalid();
        return descriptor;
    }

    /// <summary>
    /// Releases a connection or a listener that a duplicate continues to use. .NET disconnects a socket that it closes while operations
    /// are pending. So an unconnected socket replaces the descriptor first, and .NET disconnects that one.
    /// </summary>
    public static void Detach(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            using var dummy = new Socket(socket.AddressFamily, socket.SocketType, ProtocolType.Unspecified);
            DescriptorFlags.Replace(socket, dummy);
        }
    }

    /// <summary>The system's own datagram calls; null if this library has none for the platform.</summary>
    public static DatagramCalls? DatagramCalls(Socket socket) => NativeLayout.IsKnown ? new NativeDatagramCalls(socket) : null;
}
