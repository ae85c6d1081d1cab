using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>
/// SO_REUSEADDR and SO_REUSEPORT as two things. .NET's ReuseAddress sets both on Unix, and its Bind sets the first for TCP whatever one asks
/// for; so raw options are used there, and the first is taken back after bind when it is not wanted.
/// </summary>
internal static class AddressReuse
{
    // asm-generic/socket.h
    private const int LinuxSocketLevel = 1;
    private const int LinuxReuseAddress = 2;
    private const int LinuxReusePort = 15;

    // sys/socket.h of macOS and the BSDs
    private const int BsdSocketLevel = 0xffff;
    private const int BsdReuseAddress = 0x4;
    private const int BsdReusePort = 0x200;

    public static void BeforeBind(Socket socket, bool reusePort)
    {
        if (OperatingSystem.IsWindows())
        {
            // SO_REUSEADDR would let another process take the port over; exclusive use still allows a restart.
            socket.ExclusiveAddressUse = true;
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

    public static void SetReuseAddress(Socket socket, bool on)
    {
        if (OperatingSystem.IsWindows())
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, on);
        }
        else if (OperatingSystem.IsLinux())
        {
            Set(socket, LinuxSocketLevel, LinuxReuseAddress, on);
        }
        else
        {
            Set(socket, BsdSocketLevel, BsdReuseAddress, on);
        }
    }

    public static void SetReusePort(Socket socket)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Windows has no SO_REUSEPORT.");
        }

        if (OperatingSystem.IsLinux())
        {
            Set(socket, LinuxSocketLevel, LinuxReusePort, true);
        }
        else
        {
            Set(socket, BsdSocketLevel, BsdReusePort, true);
        }
    }

    private static void Set(Socket socket, int level, int name, bool on)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, on ? 1 : 0);
        socket.SetRawSocketOption(level, name, value);
    }
}
