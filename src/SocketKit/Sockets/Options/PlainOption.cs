using System.Net.Sockets;
using SocketKit.Errors;

namespace SocketKit.Sockets.Options;

/// <summary>Options that .NET has a member for: what it throws is said again with the option, its value and the socket.</summary>
internal static class PlainOption
{
    /// <param name="socket">The socket.</param>
    /// <param name="name">The option as in the headers of Linux.</param>
    /// <param name="read">The member of .NET; a static lambda, so that nothing is allocated.</param>
    /// <param name="owner">Whose endpoints the message shows; null for a plain socket.</param>
    public static T Get<T>(Socket socket, string name, Func<Socket, T> read, SocketBase? owner = null)
    {
        try
        {
            return read(socket);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the socket.
            throw OptionFaults.Refused(OptionFaults.Get, name, exception, owner);
        }
    }

    /// <param name="socket">The socket.</param>
    /// <param name="name">The option as in the headers of Linux.</param>
    /// <param name="value">The value.</param>
    /// <param name="write">The member of .NET; a static lambda, so that nothing is allocated.</param>
    /// <param name="owner">Whose endpoints the message shows; null for a plain socket.</param>
    public static void Set<T>(Socket socket, string name, T value, Action<Socket, T> write, SocketBase? owner = null)
    {
        try
        {
            write(socket, value);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the socket.
            throw OptionFaults.Refused(OptionFaults.Set, name, exception, owner, value: OptionFaults.Show(value));
        }
    }
}
