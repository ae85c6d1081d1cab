using System.Net.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Sockets;

/// <summary>
/// Sets SO_REUSEADDR and SO_REUSEPORT independently. On Unix, .NET's ReuseAddress sets both, and its Bind always sets SO_REUSEADDR for TCP.
/// So raw options are used there, and SO_REUSEADDR is cleared after bind when it is not wanted.
/// </summary>
internal static class AddressReuse
{
    public static void BeforeBind(Socket socket, bool reusePort)
    {
        if (OperatingSystem.IsWindows())
        {
            // On Windows SO_REUSEADDR lets another process take the port over. Exclusive use still allows a restart.
            PlainOption.Set(socket, "SO_EXCLUSIVEADDRUSE", true, static (socket, on) => socket.ExclusiveAddressUse = on);
        }

        if (reusePort)
        {
            SetReusePort(socket);
        }
    }

    /// <summary>Call it after bind(2) and before listen(2), where the kernel checks the option again.</summary>
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
