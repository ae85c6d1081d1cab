using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit.Unix;

/// <summary>socketpair(2).</summary>
internal static class UnixPair
{
    /// <exception cref="SocketException">TooManyOpenSockets for one; its message says what could not be opened.</exception>
    public static (Socket First, Socket Second) Open(SocketType type)
    {
        try
        {
            return SocketFiles.CreatePair(type);
        }
        catch (SocketException exception)
        {
            // Said again in words; the system's own name neither operation nor remedy.
            throw Faults.Wrap(SocketOperation.Open, exception, $"a pair of Unix sockets ({type})");
        }
    }
}
