using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// Error numbers (asm-generic/errno.h) and their names in .NET; the same table as SocketErrorPal.Unix.cs of dotnet/runtime.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class Errno
{
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EBADF = 9;
    public const int EAGAIN = 11;
    public const int EINVAL = 22;
    public const int EMSGSIZE = 90;

    /// <summary>The error of the last call on this thread.</summary>
    public static SocketError Last() => ToSocketError(Marshal.GetLastPInvokeError());

    /// <summary>The errno of a call without SetLastError; 0 if it did not fail. Read before the thread makes another call.</summary>
    public static int After(nint result) => result < 0 ? Marshal.GetLastSystemError() : 0;

    public static SocketError ToSocketError(int errno) => errno switch
    {
        1 or 13 => SocketError.AccessDenied,
        ENOENT or 99 => SocketError.AddressNotAvailable,
        EINTR => SocketError.Interrupted,
        ENXIO => SocketError.HostNotFound,
        EBADF or 125 => SocketError.OperationAborted,
        EAGAIN => SocketError.WouldBlock,
        14 => SocketError.Fault,
        EINVAL => SocketError.InvalidArgument,
        23 or 24 => SocketError.TooManyOpenSockets,
        32 => SocketError.Shutdown,
        88 => SocketError.NotSocket,
        89 => SocketError.DestinationAddressRequired,
        EMSGSIZE => SocketError.MessageSize,
        91 => SocketError.ProtocolType,
        92 => SocketError.ProtocolOption,
        93 => SocketError.ProtocolNotSupported,
        95 => SocketError.OperationNotSupported,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        102 => SocketError.NetworkReset,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,

        // Neither ENOMEM nor ETOOMANYREFS (too many descriptors in flight) has a name in .NET; both are shortages.
        12 or 105 or 109 => SocketError.NoBufferSpaceAvailable,
        106 => SocketError.IsConnected,
        107 => SocketError.NotConnected,
        108 => SocketError.Disconnecting,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        114 => SocketError.AlreadyInProgress,
        115 => SocketError.InProgress,
        _ => SocketError.SocketError,
    };
}
