using System.Net.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Sockets;

/// <summary>Sets IPV6_V6ONLY. Call it before bind(2).</summary>
internal static class DualMode
{
    public static void Set(Socket socket, bool on) =>
        PlainOption.Set(socket, OptionTable.IPv6Only.Name, !on, static (socket, only) => socket.DualMode = !only);
}
