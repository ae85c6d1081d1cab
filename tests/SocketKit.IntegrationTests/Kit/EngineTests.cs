using System.Net;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Base of every integration test: one generic body per behaviour, and one sealed line per engine. Options made here carry the engine.
/// </summary>
public abstract class EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected SocketEngine Engine { get; } = new TEngine().Engine;

    /// <summary>See <see cref="EngineUnderTest.BesidePlainPeers"/>.</summary>
    protected SocketEngine EngineBesidePlainPeers { get; } = new TEngine().BesidePlainPeers;

    protected TcpServerOptions ServerOptions => new() { Engine = Engine };

    protected TcpClientOptions ClientOptions => new() { Engine = Engine };

    /// <summary>A server on a free loopback port.</summary>
    protected TcpServer Listen(TcpServerOptions? options = null) =>
        TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), options ?? ServerOptions);

    protected TcpClient Connect(TcpServer server, TcpClientOptions? options = null) =>
        TcpClient.Connect(server.LocalEndPoint, options ?? ClientOptions);

    /// <summary>A client and the connection that a server accepted for it.</summary>
    protected TcpPairUnderTest ConnectPair(TcpServerOptions? serverOptions = null, TcpClientOptions? clientOptions = null)
    {
        using TcpServer server = Listen(serverOptions);
        TcpClient client = Connect(server, clientOptions);
        return new TcpPairUnderTest(client, server.Accept());
    }
}
