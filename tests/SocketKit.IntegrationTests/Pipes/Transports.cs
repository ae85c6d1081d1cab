using System.Net;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Makes both ends of a connection: the one that this side opened, and the one that its server accepted.</summary>
public abstract class Transport
{
    /// <summary>Whether a reset is told from an end.</summary>
    public abstract bool HasReset { get; }

    /// <param name="engine">The engine of both.</param>
    /// <param name="bufferSize">The kernel's buffers of both; null for the system's sizes.</param>
    public abstract (StreamConnection Client, StreamConnection Accepted) Connect(SocketEngine engine, int? bufferSize);
}

public sealed class OverTcp : Transport
{
    public override bool HasReset => true;

    public override (StreamConnection Client, StreamConnection Accepted) Connect(SocketEngine engine, int? bufferSize)
    {
        using TcpServer server = TcpServer.Listen(
            new IPEndPoint(IPAddress.Loopback, 0),
            new TcpServerOptions { Engine = engine, ReceiveBufferSize = bufferSize, SendBufferSize = bufferSize });
        TcpClient client = TcpClient.Connect(
            server.LocalEndPoint,
            new TcpClientOptions { Engine = engine, ReceiveBufferSize = bufferSize, SendBufferSize = bufferSize });
        return (client, server.Accept());
    }
}

public sealed class OverUnix : Transport
{
    public override bool HasReset => false;

    public override (StreamConnection Client, StreamConnection Accepted) Connect(SocketEngine engine, int? bufferSize)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        try
        {
            string path = Path.Combine(folder.FullName, "s");
            using UnixServer server = UnixServer.Listen(
                path, new UnixServerOptions { Engine = engine, ReceiveBufferSize = bufferSize, SendBufferSize = bufferSize });
            UnixClient client = UnixClient.Connect(
                path, new UnixClientOptions { Engine = engine, ReceiveBufferSize = bufferSize, SendBufferSize = bufferSize });
            return (client, server.Accept());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
