using System.Net.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Sockets;

/// <summary>
/// SO_REUSEADDR and SO_REUSEPORT as two things. .NET's ReuseAddress sets both on Unix, and its Bind sets the first for TCP whatever one asks
/// for; so raw options are used there, and the first is taken back after bind when it is not wanted.
/// </summary>
internal static class AddressReuse
{
    public static void BeforeBind(Socket socket, bool reusePort)
    {
        if (OperatingSystem.IsWindows())
        {
            // SO_REUSEADDR would let another process take the port over; exclusive use still allows a restart.
            PlainOption.Set(socket, "SO_EXCLUSIVEADDRUSE", true, static (socket, on) => socket.ExclusiveAddressUse = on);
        }

        if (reusePort)
        {
            SetReusePort(socket);
        }
    }

    /// <summary>After bind(2) and before listen(2), where the kernel looks at the option again.</summary>
    public static void AfterBind(Socket socket, bool reuseAddress)
    {
        if (!reuseAddress && !OperatingSystem.IsWindows())
        {
            SetReuseAddress(socket, false);
        }
    }

    public static void SetReuseAddress(Socket socket, bool on) => SocketOption.ReuseAddress.SetOn(socket, on);

    /// <exception cref="PlatformNotSupportedException">The system, Windows for one, has no SO_REUSEPORT.</exception>
    public static void SetReusePort(Socket socket) => SocketOption.ReusePort.SetOn(socket, true);
}
