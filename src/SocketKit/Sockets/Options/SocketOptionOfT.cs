using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets.Options;

namespace SocketKit;

/// <summary>
/// One socket option and the type of its value. The options are listed in <see cref="SocketOption"/>. Read and set them with
/// <see cref="SocketBase.GetOption{T}"/> and <see cref="SocketBase.SetOption{T}"/>; before bind and connect use <see cref="GetFrom"/> and
/// <see cref="SetOn"/> inside <see cref="SocketOptions.Configure"/>.
/// </summary>
/// <typeparam name="T">
/// The type of the value: <see cref="int"/>, <see cref="bool"/>, <see cref="string"/> or <see cref="TimeSpan"/>.
/// </typeparam>
/// <example>
/// <code>
/// connection.SetOption(SocketOption.QuickAck, true);
/// var options = new TcpServerOptions { Configure = socket => SocketOption.FreeBind.SetOn(socket, true) };
/// </code>
/// </example>
public sealed class SocketOption<T>
{
    private readonly OptionKey _key;
    private readonly OptionFormat<T> _format;
    private readonly bool _isReadOnly;
    private readonly string? _right;

    internal SocketOption(OptionKey key, OptionFormat<T> format, bool readOnly = false, string? right = null)
    {
        _key = key;
        _format = format;
        _isReadOnly = readOnly;
        _right = right;
    }

    /// <summary>The option's name in the Linux headers: "TCP_QUICKACK".</summary>
    public string Name => _key.Name;

    /// <summary>Whether the running operating system has the option.</summary>
    public bool IsSupported => _key.Here is not null;

    /// <summary>Whether the option can only be read.</summary>
    public bool IsReadOnly => _isReadOnly;

    /// <summary>Reads the option of a plain socket: getsockopt(2).</summary>
    /// <param name="socket">The socket, for example in <see cref="SocketOptions.Configure"/>.</param>
    /// <returns>The value. It may differ from what was set, because some systems round or double it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="socket"/> is null.</exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">
    /// The system refused, for example because the option belongs to another protocol.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public T GetFrom(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return Get(socket, null);
    }

    /// <summary>Sets the option of a plain socket: setsockopt(2).</summary>
    /// <param name="socket">The socket, for example in <see cref="SocketOptions.Configure"/>.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">
    /// An argument is null, the value is out of range, or the option can only be read; nothing was done.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This operating system lacks the option.</exception>
    /// <exception cref="SocketOperationException">The system refused. The option is unchanged.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public void SetOn(Socket socket, T value)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Check(value);
        Set(socket, value, null);
    }

    /// <summary>The name of the option.</summary>
    /// <returns><see cref="Name"/>.</returns>
    public override string ToString() => Name;

    /// <summary>Throws if the value is invalid, before any system call.</summary>
    internal void Check(T value)
    {
        if (_isReadOnly)
        {
            throw new ArgumentException($"{Name} can only be read.", nameof(value));
        }

        _format.Check(value, Name, nameof(value));
    }

    internal T Get(Socket socket, SocketBase? owner)
    {
        (int level, int number) = _key.HereOrThrow();
        Span<byte> buffer = stackalloc byte[OptionFormat<T>.MostBytes];
        try
        {
            int length = socket.GetRawSocketOption(level, number, buffer);
            return _format.Read(buffer[..length]);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the socket.
            throw OptionFaults.Refused(OptionFaults.Get, Name, exception, owner, _right);
        }
    }

    internal void Set(Socket socket, T value, SocketBase? owner)
    {
        (int level, int number) = _key.HereOrThrow();
        Span<byte> buffer = stackalloc byte[OptionFormat<T>.MostBytes];
        int length = _format.Write(value, buffer);
        try
        {
            socket.SetRawSocketOption(level, number, buffer[..length]);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option, nor the socket, nor the missing right.
            throw OptionFaults.Refused(OptionFaults.Set, Name, exception, owner, _right, OptionFaults.Show(value));
        }
    }
}
