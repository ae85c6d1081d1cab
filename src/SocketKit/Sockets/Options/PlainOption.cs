using System.Net.Sockets;
using SocketKit.Errors;

namespace SocketKit.Sockets.Options;

/// <summary>Gets and sets options through a member of .NET. Exceptions name the option, the value and the socket.</summary>
internal static class PlainOption
{
    /// <param name="socket">The socket.</param>
    /// <param name="name">The option's name in the Linux headers.</param>
    /// <param name="read">Calls the .NET member; a static lambda, so that nothing is allocated.</param>
    /// <param name="owner">The socket whose endpoints the message shows; null for a plain socket.</param>
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
    /// <param name="name">The option's name in the Linux headers.</param>
    /// <param name="value">The value.</param>
    /// <param name="write">Calls the .NET member; a static lambda, so that nothing is allocated.</param>
    /// <param name="owner">The socket whose endpoints the message shows; null for a plain socket.</param>
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
