using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>Makes two connected sockets without names: socketpair(2).</summary>
internal static class UnixPair
{
    /// <param name="type">Stream, datagram or sequenced packet.</param>
    /// <param name="options">The checked options of both ends.</param>
    public static (Socket First, Socket Second) Create(SocketType type, SocketOptions options)
    {
        (Socket first, Socket second) = Create(type);
        try
        {
            return (options.SetUp(first), options.SetUp(second));
        }
        catch
        {
            // The descriptors must not leak when an option is refused or Configure throws.
            first.Dispose();
            second.Dispose();
            throw;
        }
    }

    private static (Socket First, Socket Second) Create(SocketType type)
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
