using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>Two connected sockets without names: socketpair(2).</summary>
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
            // The system's message does not say what the pair was for.
            throw UnixFaults.PairRefused(exception);
        }
    }
}
