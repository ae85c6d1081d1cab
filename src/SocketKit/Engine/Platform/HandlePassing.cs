using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>Passing descriptors to another process (SCM_RIGHTS), for engines; guarded per platform. Never waits.</summary>
internal static class HandlePassing
{
    /// <summary>The most descriptors that the kernel takes in one message.</summary>
    public const int MostPerMessage = KernelLimits.Handles;

    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported => NativeLayout.IsKnown;

    /// <summary>Sends bytes with descriptors on the first one. Returns the count, or −1 and the error if nothing was sent.</summary>
    public static int Send(Socket socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        if (IsSupported)
        {
            return HandleMessages.Send(socket, data, descriptors, out error);
        }

        error = SocketError.OperationNotSupported;
        return -1;
    }

    /// <summary>
    /// Receives bytes and the descriptors that came with them. Returns the count, or −1 and the error if nothing was there.
    /// </summary>
    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="data">Receives the bytes.</param>
    /// <param name="mostHandles">
    /// The most descriptors to take. The kernel drops the others, and <paramref name="isTruncated"/> is set.
    /// </param>
    /// <param name="handles">Receives the descriptors; the caller owns them, also those of a truncated message.</param>
    /// <param name="isTruncated">Whether descriptors were lost.</param>
    /// <param name="error">The error, if nothing was received.</param>
    public static int Receive(
        Socket socket, Span<byte> data, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        if (IsSupported)
        {
            return HandleMessages.Receive(socket, data, mostHandles, handles, out isTruncated, out error);
        }

        isTruncated = false;
        error = SocketError.OperationNotSupported;
        return -1;
    }
}
