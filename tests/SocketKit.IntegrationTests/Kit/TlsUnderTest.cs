using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Tls;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// An engine whose streams speak TLS 1.3 at both ends. Streams whose peer is a plain socket do not. An accepted stream comes when both
/// ends have done their handshake.
/// </summary>
public sealed class TlsUnderTest<TEngine> : EngineUnderTest
    where TEngine : EngineUnderTest, new()
{
    private static readonly TlsTestEngine s_engine = new(new TEngine().Engine, SslProtocols.Tls13);

    public override SocketEngine Engine => s_engine;

    public override SocketEngine BesidePlainPeers { get; } = new TEngine().Engine;
}

/// <summary>The same with TLS 1.2.</summary>
public sealed class Tls12UnderTest<TEngine> : EngineUnderTest
    where TEngine : EngineUnderTest, new()
{
    private static readonly TlsTestEngine s_engine = new(new TEngine().Engine, SslProtocols.Tls12);

    public override SocketEngine Engine => s_engine;

    public override SocketEngine BesidePlainPeers { get; } = new TEngine().Engine;
}

internal sealed class TlsTestEngine(SocketEngine inner, SslProtocols protocol) : SocketEngine($"{inner.Description}, {protocol}")
{
    /// <summary>The handshakes of clients, by their addresses.</summary>
    private readonly ConcurrentDictionary<string, Task> _clients = [];

    internal override IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken) =>
        inner.Connect(socket, remote, timeout, cancellationToken);

    internal override ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken) =>
        inner.ConnectAsync(socket, remote, cancellationToken);

    internal override StreamChannel OpenStream(Socket connected)
    {
        var channel = new TlsChannel(inner.OpenStream(connected), new TestHandshake(isServer: false, protocol));
        if (channel.LocalEndPoint is IPEndPoint local)
        {
            _clients[local.ToString()] = Swallow(channel.HandshakeAsync(CancellationToken.None));
        }

        return channel;
    }

    internal override StreamChannel AdoptStream(Socket connected, bool ownsSocket) => inner.AdoptStream(connected, ownsSocket);

    internal override ListenerChannel OpenListener(Socket listening, bool ownsSocket) =>
        new Listener(inner.OpenListener(listening, ownsSocket), Accepted);

    internal override DatagramChannel OpenDatagram(Socket socket, bool ownsSocket) => inner.OpenDatagram(socket, ownsSocket);

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

    private StreamChannel Accepted(StreamChannel accepted)
    {
        if (accepted.RemoteEndPoint?.ToString() is not { } client || !_clients.TryRemove(client, out Task? handshake))
        {
            return accepted;
        }

        var channel = new TlsChannel(accepted, new TestHandshake(isServer: true, protocol));
        Swallow(channel.HandshakeAsync(CancellationToken.None)).Wait();
        handshake.Wait();
        return channel;
    }

    private sealed class Listener(ListenerChannel inner, Func<StreamChannel, StreamChannel> wrap) : ListenerChannel
    {
        public override SocketEngine Engine => inner.Engine;

        public override Socket Socket => inner.Socket;

        public override Action? Discarded
        {
            get => inner.Discarded;
            set => inner.Discarded = value;
        }

        public override AcceptResult Accept(TimeSpan timeout) => Wrapped(inner.Accept(timeout));

        public override async ValueTask<AcceptResult> AcceptAsync(
            TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken) =>
            Wrapped(await inner.AcceptAsync(timeout, continuesInline, cancellationToken).ConfigureAwait(false));

        public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

        public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

        public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

        public override void Dispose() => inner.Dispose();

        private AcceptResult Wrapped(AcceptResult accepted) =>
            accepted.Channel is { } channel ? new(accepted.Outcome, wrap(channel)) : accepted;
    }
}
