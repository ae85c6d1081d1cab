using System.Net;
using System.Net.Security;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Both ends of a TLS connection in memory, with the handshakes of the library over SslStream.</summary>
internal sealed class TlsPair : IDisposable
{
    public static readonly IPEndPoint ClientAddress = new(IPAddress.Loopback, 1);
    public static readonly IPEndPoint ServerAddress = new(IPAddress.Loopback, 2);

    private TlsPair(TlsEnd server, TlsEnd client, Stream serverTransport) =>
        (Server, Client, ServerTransport) = (server, client, serverTransport);

    public TlsEnd Server { get; }

    public TlsEnd Client { get; }

    /// <summary>For what a server may send below TLS.</summary>
    public Stream ServerTransport { get; }

    /// <summary>Runs both handshakes to their ends. An end that fails closes its transport, as a connection does.</summary>
    public static async Task<TlsPair> MeetAsync(TlsServerSettings server, TlsClientSettings client)
    {
        (DuplexStream first, DuplexStream second) = DuplexStream.Pair();
        Task<TlsEnd> serving = TlsEnd.BeginAsync(server.Begin(), first, ServerAddress, ClientAddress);
        Task<TlsEnd> connecting = TlsEnd.BeginAsync(client.Begin(), second, ClientAddress, ServerAddress);
        await Task.WhenAll(serving, connecting).Within();
        return new TlsPair(await serving, await connecting, first);
    }

    public static Task<TlsPair> MeetAsync(TlsServerOptions server, TlsClientOptions client, string? dialled = "a.example") =>
        MeetAsync(new TlsServerSettings(server), new TlsClientSettings(client, dialled));

    /// <summary>A byte each way, so that what comes after the handshake (tickets, alerts) has been read.</summary>
    public async Task TalkAsync()
    {
        await TalkAsync(Server.Stream, Client.Stream).Within();
        await TalkAsync(Client.Stream, Server.Stream).Within();
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }

    private static async Task TalkAsync(SslStream from, SslStream to)
    {
        await from.WriteAsync(new byte[] { 1 });
        await to.ReadExactlyAsync(new byte[1]);
    }
}
