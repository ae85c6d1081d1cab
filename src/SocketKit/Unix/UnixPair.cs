using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>Makes two connected sockets without names: socketpair(2).</summary>
internal static class UnixPair
{
    public static (Socket First, Socket Second) Create(SocketType type)
    {
        try
        {
            return SocketFiles.CreatePair(type);
        }
        catch (SocketException exception)
        {
            // The system's message does not name the operation.
            throw UnixFaults.PairRefused(exception);
        }
    }
}
