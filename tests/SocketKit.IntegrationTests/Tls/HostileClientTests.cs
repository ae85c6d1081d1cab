using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Clients that never finish their handshake cost a good one nothing, and leave nothing behind.</summary>
[Collection(Serial.Name)]
public abstract class HostileClientTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Stalled = 1000;
    private const int Plain = 10_000;
    private const int Batch = 100;

    [LinuxFact]
    public async Task A_good_client_is_served_while_a_thousand_handshakes_stall()
    {
        int before = OpenDescriptors.Count();
        await using TcpServer server = ListenSecurely(static options => options.Backlog = Stalled);
        Task serving = server.ServeAsync(EchoAsync);
        Socket[] stalled = [.. Enumerable.Range(0, Stalled).Select(_ => Dial(server.LocalEndPoint))];
        await Eventually.BeTrueAsync(() => server.GetStatistics().ActiveHandshakes == Stalled, "all stall");
        for (int i = 0; i < Stalled; i += 2)
        {
            // A record of a handshake that announces 512 bytes.
            stalled[i].Send([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]);
        }

        for (int i = 0; i < 5; i++)
        {
            using SslStream good = await ConnectPlainAsync(server.LocalEndPoint);
            await ExchangeAsync(good);
            server.GetStatistics().ActiveHandshakes.Should().Be(Stalled);
        }

        Array.ForEach(stalled, static socket => socket.Dispose());
        await EndedAsync(server);
        server.GetStatistics().HandshakesFailed.Should().Be(Stalled);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        OpenDescriptors.ShouldReturnTo(before);
    }

    [LinuxFact]
    public async Task Ten_thousand_clients_that_speak_plain_text_leave_nothing_behind()
    {
        byte[] request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();
        int before = OpenDescriptors.Count();
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        for (int sent = 0; sent < Plain; sent += Batch)
        {
            Socket[] batch = [.. Enumerable.Range(0, Batch).Select(_ => Dial(server.LocalEndPoint))];
            Array.ForEach(batch, socket => socket.Send(request));
            long expected = sent + Batch;
            await Eventually.BeTrueAsync(() => server.GetStatistics().HandshakesFailed == expected, "each is refused");
            Array.ForEach(batch, static socket => socket.Dispose());
        }

        await EndedAsync(server);
        using (SslStream good = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(good);
        }

        await server.StopAsync().Within();
        await serving.Within();
        ServerStatistics counted = server.GetStatistics();
        (counted.AcceptedTotal, counted.HandshakesFailed, counted.ActiveHandshakes).Should().Be((Plain + 1, Plain, 0));
        Log.Complaints.Should().BeEmpty();
        OpenDescriptors.ShouldReturnTo(before);
    }

    [LinuxTheory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task A_client_that_goes_away_after_any_message_leaves_nothing_behind(SslProtocols protocol, bool withReset)
    {
        int before = OpenDescriptors.Count();
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        int clients = 0;
        bool wasCut = true;
        for (int operations = 1; wasCut; operations++)
        {
            for (int round = 0; round < 3; round++)
            {
                var transport = new CuttingStream(Dial(server.LocalEndPoint), operations, withReset);
                using var client = new SslStream(transport);
                Exception? failure = await Expect.Failure(client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = Host,
                    EnabledSslProtocols = protocol,
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                }));
                wasCut = transport.WasCut;
                (failure is not null).Should().Be(wasCut);
                clients++;
            }

            operations.Should().BeLessThan(20);
        }

        await EndedAsync(server);
        ServerStatistics counted = server.GetStatistics();
        counted.AcceptedTotal.Should().Be(clients);
        counted.HandshakesFailed.Should().BePositive();
        using (SslStream good = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(good);
        }

        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        OpenDescriptors.ShouldReturnTo(before);
    }
}

public sealed class HostileClientTests_Portable : HostileClientTests<PortableUnderTest>;

public sealed class HostileClientTests_Epoll : HostileClientTests<EpollUnderTest>;
