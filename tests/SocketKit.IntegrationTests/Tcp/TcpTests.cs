using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>What the TCP tests share beside <see cref="EngineTests{TEngine}"/>.</summary>
public abstract class TcpTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>Small buffers, so that a send meets a full kernel soon; only the order of magnitude is kept by the kernel.</summary>
    protected const int SmallBuffer = 16 * 1024;

    /// <summary>A connection that a server of the library accepted, and a plain socket as its peer.</summary>
    protected PlainPairUnderTest ConnectPlain(TcpServerOptions? options = null)
    {
        options ??= ServerOptions;
        options.Engine = EngineBesidePlainPeers;
        using TcpServer server = Listen(options);
        PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint);
        return new PlainPairUnderTest(peer, server.Accept());
    }

    /// <summary>The same, with a receive buffer at the peer and a send buffer here that are soon full.</summary>
    protected PlainPairUnderTest ConnectPlainWithSmallBuffers()
    {
        TcpServerOptions options = ServerOptions;
        options.Engine = EngineBesidePlainPeers;
        options.SendBufferSize = SmallBuffer;
        using TcpServer server = Listen(options);
        PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = SmallBuffer);
        return new PlainPairUnderTest(peer, server.Accept());
    }

    /// <summary>Waits until the condition holds; for what another thread or the kernel does without telling.</summary>
    protected static Task Until(Func<bool> condition) => Eventually.BeTrueAsync(condition, "the condition should have come true");
}
