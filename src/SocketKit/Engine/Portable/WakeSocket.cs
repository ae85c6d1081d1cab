using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>A datagram socket that is connected to itself on the loopback interface. Sending makes it readable.</summary>
internal sealed class WakeSocket : IDisposable
{
    private int _isSent;

    /// <exception cref="SocketException">There is no loopback interface, or no descriptor left.</exception>
    public WakeSocket()
    {
        Socket = Open(AddressFamily.InterNetwork, IPAddress.Loopback) ?? Open(AddressFamily.InterNetworkV6, IPAddress.IPv6Loopback)
            ?? throw new SocketException((int)SocketError.NetworkUnreachable);
    }

    public Socket Socket { get; }

    /// <summary>Once until <see cref="Drain"/>.</summary>
    public void Send()
    {
        if (Interlocked.Exchange(ref _isSent, 1) != 0)
        {
            return;
        }

        try
        {
            ReadOnlySpan<byte> one = [1];
            Socket.Send(one, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>
    /// Called by the thread that has found it readable. It looks at what it was woken for afterwards, because a <see cref="Send"/> that
    /// comes before the last line does nothing.
    /// </summary>
    public void Drain()
    {
        Span<byte> scratch = stackalloc byte[1];
        SocketError error;
        do
        {
            Socket.Receive(scratch, SocketFlags.None, out error);
        }
        while (error == SocketError.Success);

        Interlocked.Exchange(ref _isSent, 0);
    }

    public void Dispose() => Socket.Dispose();

    private static Socket? Open(AddressFamily family, IPAddress loopback)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            socket.Bind(new IPEndPoint(loopback, 0));
            socket.Connect(socket.LocalEndPoint!);
            return socket;
        }
        catch (SocketException exception)
        {
            // A system without this family, unless it is short of something.
            socket?.Dispose();
            if (ErrorTable.IsResourceShortage(exception.SocketErrorCode))
            {
                throw;
            }

            return null;
        }
    }
}
