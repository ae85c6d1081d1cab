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

    /// <summary>Bytes sent, with the descriptors on the first of them; −1 and the error when nothing went.</summary>
    public static int Send(Socket socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        if (IsSupported)
        {
            return HandleMessages.Send(socket, data, descriptors, out error);
        }

        error = SocketError.OperationNotSupported;
        return -1;
    }

    /// <summary>Bytes received, and the descriptors that came with them; −1 and the error when nothing was there.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="data">Where the bytes go.</param>
    /// <param name="mostHandles">More descriptors than this are refused by the kernel, which says so by <paramref name="isTruncated"/>.</param>
    /// <param name="handles">Gets the descriptors; the caller owns them, also those of a truncated message.</param>
    /// <param name="isTruncated">Whether descriptors were lost.</param>
    /// <param name="error">Why nothing was received.</param>
    public static int Receive(Socket socket, Span<byte> data, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
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
