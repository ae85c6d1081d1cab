using System.Net;
using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>Opens sockets the same way for all commands of the generator.</summary>
internal static class ClientSockets
{
    /// <summary>A burst should not be lost in a small queue; the system may give less.</summary>
    private const int DatagramQueueBytes = 4 << 20;

    /// <summary>IPPROTO_IP (netinet/in.h).</summary>
    private const int InternetProtocol = 0;

    /// <summary>IP_BIND_ADDRESS_NO_PORT (linux/in.h): connect chooses the port, which so can serve several destinations.</summary>
    private const int BindAddressNoPort = 24;

    /// <summary>A connected socket. The number chooses the source address.</summary>
    public static Socket Open(GenerateOptions options, long number)
    {
        Socket socket = New(options, number);
        try
        {
            socket.Connect(options.Target);
            return socket;
        }
        catch (SocketException problem)
        {
            // Nothing is measured without all connections.
            socket.Dispose();
            throw new GenerateException(Describe(problem.SocketErrorCode, options));
        }
    }

    /// <summary>A socket that is not connected yet.</summary>
    public static Socket New(GenerateOptions options, long number)
    {
        bool isDatagram = options.Transport == GenerateTransport.Udp;
        var socket = new Socket(
            options.Target.AddressFamily,
            isDatagram ? SocketType.Dgram : SocketType.Stream,
            options.Transport == GenerateTransport.Unix ? ProtocolType.Unspecified : isDatagram ? ProtocolType.Udp : ProtocolType.Tcp);
        if (options.Transport == GenerateTransport.Tcp)
        {
            socket.NoDelay = true;
            BindSource(socket, options, number);
        }
        else if (isDatagram)
        {
            socket.ReceiveBufferSize = DatagramQueueBytes;
            socket.SendBufferSize = DatagramQueueBytes;
        }

        return socket;
    }

    public static string Describe(SocketError error, GenerateOptions options) => error == SocketError.AddressNotAvailable
        ? "connect: no port is free any more; --sources gives more addresses"
        : $"connect to {options.Target}: {Describe(error)}";

    public static string Describe(SocketError error) => new SocketException((int)error).Message;

    private static void BindSource(Socket socket, GenerateOptions options, long number)
    {
        if (options.Sources == 1)
        {
            return;
        }

        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(InternetProtocol, BindAddressNoPort, BitConverter.GetBytes(1));
        }

        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (number % options.Sources))]), 0));
    }
}
