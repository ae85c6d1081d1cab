using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Sockets;

/// <summary>Checks a socket that was made elsewhere before it is wrapped; a refusal names the caller's own parameter.</summary>
internal static class Adoption
{
    public static void CheckConnected(Socket socket, string name, SocketType type, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, name, type, kind, families);
        if (!HasPeer(socket))
        {
            throw new ArgumentException("The socket is not connected.", name);
        }

        Descriptors.SetCloseOnExec(socket);
    }

    public static void CheckListening(Socket socket, string name, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, name, SocketType.Stream, kind, families);
        if (Equals(socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection), 0))
        {
            throw new ArgumentException("The socket does not listen.", name);
        }

        Descriptors.SetCloseOnExec(socket);
    }

    public static void Check(Socket socket, string name, SocketType type, string kind, ReadOnlySpan<AddressFamily> families)
    {
        ArgumentNullException.ThrowIfNull(socket, name);
        if (socket.SocketType != type || !families.Contains(socket.AddressFamily))
        {
            throw new ArgumentException($"A {socket.AddressFamily} {socket.SocketType} socket is not a {kind} socket.", name);
        }
    }

    private static bool HasPeer(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is not null;
        }
        catch (SocketException)
        {
            // getpeername(2) failed: there is no peer.
            return false;
        }
    }
}
