using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit;

public abstract partial class SocketBase
{
    /// <summary>Reads an option: getsockopt(2).</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="option">One of <see cref="SocketOption"/>.</param>
    /// <returns>The value; it may differ from what was set, where the system rounds or doubles.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="option"/> is null.</exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">The system refused: for example the option belongs to another protocol.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public T GetOption<T>(SocketOption<T> option)
    {
        ArgumentNullException.ThrowIfNull(option);
        using var lease = new SocketCall(this, OptionFaults.Get, option.Name);
        return option.Get(lease.Socket, this);
    }

    /// <summary>
    /// Sets an option: setsockopt(2). What has to be set before bind or connect goes into <see cref="SocketOptions.Configure"/>.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="option">One of <see cref="SocketOption"/>.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">An argument is null, the value is out of range, or the option can only be read; nothing was done.</exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">The system refused; the option is unchanged, the socket is usable.</exception>
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
    /// <param name="value">Receives the value as the system lays it out; a longer one is cut.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="SocketOperationException">The system refused.</exception>
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
    /// <param name="value">The value as the system wants it laid out.</param>
    /// <exception cref="SocketOperationException">The system refused; the option is unchanged, the socket is usable.</exception>
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
