using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>What the servers on System.Net.Sockets have in common: their options and how they listen.</summary>
internal sealed class PlainServer
{
    private readonly Work _work;

    public PlainServer(Arguments arguments)
    {
        BufferSize = arguments.Integer("buffer", 1, 64 << 20, 16384);
        _work = Work.Of(arguments);
        Local = new IPEndPoint(IPAddress.Parse(arguments.Host), arguments.ServerPort);
        arguments.RefuseOthers();
    }

    public int BufferSize { get; }

    public IPEndPoint Local { get; }

    /// <summary>Called once for each connection: its work for one message.</summary>
    public Action WorkForConnection() => _work.ForConnection();

    public Socket Listen(string name)
    {
        var listener = new Socket(Local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(Local);
        listener.Listen(TcpEchoServer.Backlog);
        Banner.Print(name, Banner.Plain, BufferSize, listener.LocalEndPoint);
        return listener;
    }
}
