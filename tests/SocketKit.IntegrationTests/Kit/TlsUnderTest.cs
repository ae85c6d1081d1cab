using System.Collections.Concurrent;
using System.Net;
using System.Security.Authentication;
using SocketKit.Engine;
using SocketKit.Tls;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// An engine whose streams speak TLS 1.3 at both ends. Streams whose peer is a plain socket do not. An accepted stream comes when both
/// ends have done their handshake.
/// </summary>
public sealed class TlsUnderTest<TEngine> : EngineUnderTest
    where TEngine : EngineUnderTest, new()
{
    private static readonly SocketEngine s_engine = TestHandshakes.Over(new TEngine().Engine, SslProtocols.Tls13);

    public override SocketEngine Engine => s_engine;

    public override SocketEngine BesidePlainPeers { get; } = new TEngine().Engine;
}

/// <summary>The same with TLS 1.2.</summary>
public sealed class Tls12UnderTest<TEngine> : EngineUnderTest
    where TEngine : EngineUnderTest, new()
{
    private static readonly SocketEngine s_engine = TestHandshakes.Over(new TEngine().Engine, SslProtocols.Tls12);

    public override SocketEngine Engine => s_engine;

    public override SocketEngine BesidePlainPeers { get; } = new TEngine().Engine;
}

/// <summary>Does the handshakes of both ends: that of a client goes on until its connection is accepted.</summary>
internal sealed class TestHandshakes(SslProtocols protocol)
{
    /// <summary>How long a client may need between the end of its connect and the beginning of its handshake.</summary>
    private static readonly TimeSpan s_beginning = TimeSpan.FromSeconds(5);

    /// <summary>The handshakes of clients, by their addresses.</summary>
    private readonly ConcurrentDictionary<string, Task> _clients = [];

    public static SocketEngine Over(SocketEngine inner, SslProtocols protocol)
    {
        var handshakes = new TestHandshakes(protocol);
        return new WrappingEngine(inner, handshakes.Begin, handshakes.End, static channel => channel);
    }

    private static async Task Swallow(ValueTask handshake)
    {
        try
        {
            await handshake;
        }
        catch (Exception)
        {
            // The test finds the channel closed.
        }
    }

    private TlsChannel Begin(StreamChannel opened)
    {
        var channel = new TlsChannel(opened, new TestHandshake(isServer: false, protocol));
        if (channel.LocalEndPoint is IPEndPoint local)
        {
            _clients[local.ToString()] = Swallow(channel.HandshakeAsync(CancellationToken.None));
        }

        return channel;
    }

    /// <summary>A connection of somebody else stays in plain text.</summary>
    private StreamChannel End(StreamChannel accepted)
    {
        // The thread of the client may be about to begin its handshake.
        Task? handshake = null;
        if (accepted.RemoteEndPoint?.ToString() is not { } client
            || !SpinWait.SpinUntil(() => _clients.TryRemove(client, out handshake), s_beginning)
            || handshake is null)
        {
            return accepted;
        }

        var channel = new TlsChannel(accepted, new TestHandshake(isServer: true, protocol));
        Swallow(channel.HandshakeAsync(CancellationToken.None)).Wait();
        handshake.Wait();
        return channel;
    }
}
