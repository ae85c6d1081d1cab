using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit;

public abstract partial class SocketBase
{
    /// <summary>Reads a socket option: getsockopt(2).</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="option">One of <see cref="SocketOption"/>.</param>
    /// <returns>The value. It may differ from what was set, because some systems round or double it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="option"/> is null.</exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">
    /// The system refused, for example because the option belongs to another protocol.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public T GetOption<T>(SocketOption<T> option)
    {
        ArgumentNullException.ThrowIfNull(option);
        using var lease = new SocketCall(this, OptionFaults.Get, option.Name);
        return option.Get(lease.Socket, this);
    }

    /// <summary>
    /// Sets a socket option: setsockopt(2). Options that must be set before bind or connect belong into
    /// <see cref="SocketOptions.Configure"/>.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="option">One of <see cref="SocketOption"/>.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">
    /// An argument is null, the value is out of range, or the option can only be read; nothing was done.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">The system refused. The option is unchanged, and the socket stays usable.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public void SetOption<T>(SocketOption<T> option, T value)
    {
        ArgumentNullException.ThrowIfNull(option);
        option.Check(value);
        using var lease = new SocketCall(this, OptionFaults.Set, option.Name);
        option.Set(lease.Socket, value, this);
    }

    /// <summary>Reads an option that <see cref="SocketOption"/> lacks, by the numbers of this operating system: getsockopt(2).</summary>
    /// <param name="level">The level, such as 6 for TCP.</param>
    /// <param name="name">The number of the option on that level.</param>
    /// <param name="value">Receives the value in the system's own layout; a longer value is truncated.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public int GetRawOption(int level, int name, Span<byte> value)
    {
        using var lease = new SocketCall(this, OptionFaults.Get);
        try
        {
            return lease.Socket.GetRawSocketOption(level, name, value);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the socket.
            throw OptionFaults.Refused(OptionFaults.Get, $"({level}, {name})", exception, this);
        }
    }

    /// <summary>Sets an option that <see cref="SocketOption"/> lacks, by the numbers of this operating system: setsockopt(2).</summary>
    /// <param name="level">The level, such as 6 for TCP.</param>
    /// <param name="name">The number of the option on that level.</param>
    /// <param name="value">The value in the system's own layout.</param>
    /// <exception cref="SocketOperationException">The system refused. The option is unchanged, and the socket stays usable.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public void SetRawOption(int level, int name, ReadOnlySpan<byte> value)
    {
        using var lease = new SocketCall(this, OptionFaults.Set);
        try
        {
            lease.Socket.SetRawSocketOption(level, name, value);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the socket.
            throw OptionFaults.Refused(OptionFaults.Set, $"({level}, {name})", exception, this, value: OptionFaults.ShowBytes(value));
        }
    }
}
