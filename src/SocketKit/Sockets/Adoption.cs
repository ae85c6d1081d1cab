using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Sockets;

/// <summary>Checks a socket that was made elsewhere before it is wrapped.</summary>
internal static class Adoption
{
    public static void CheckConnected(Socket socket, SocketType type, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, type, kind, families);
        if (!HasPeer(socket))
        {
            throw new ArgumentException("The socket is not connected.", nameof(socket));
        }

        Descriptors.SetCloseOnExec(socket);
    }

    public static void CheckListening(Socket socket, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, SocketType.Stream, kind, families);
        if (Equals(socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection), 0))
        {
            throw new ArgumentException("The socket does not listen.", nameof(socket));
        }

        Descriptors.SetCloseOnExec(socket);
    }

    public static void Check(Socket socket, SocketType type, string kind, ReadOnlySpan<AddressFamily> families)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SocketType != type || !families.Contains(socket.AddressFamily))
        {
            throw new ArgumentException($"A {socket.AddressFamily} {socket.SocketType} socket is not a {kind} socket.", nameof(socket));
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
