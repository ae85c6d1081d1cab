using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Handshakes that fail for other reasons than a certificate, with what SslStream on this runtime really throws.</summary>
public sealed class HandshakeFaultTests
{
    private static readonly TestAuthority s_authority = new();

    public static TheoryData<SslProtocols> Versions { get; } = [SslProtocols.Tls12, SslProtocols.Tls13];

    [Fact]
    public async Task Every_alert_has_its_name()
    {
        (byte Number, string Name)[] alerts =
        [
            (10, "unexpected_message"), (20, "bad_record_mac"), (40, "handshake_failure"), (42, "bad_certificate"),
            (43, "unsupported_certificate"), (44, "certificate_revoked"), (45, "certificate_expired"), (46, "certificate_unknown"),
            (47, "illegal_parameter"), (48, "unknown_ca"), (49, "access_denied"), (50, "decode_error"), (51, "decrypt_error"),
            (70, "protocol_version"), (71, "insufficient_security"), (80, "internal_error"), (109, "missing_extension"),
            (112, "unrecognized_name"), (116, "certificate_required"), (120, "no_application_protocol"), (200, "alert 200"),
        ];

        foreach ((byte number, string name) in alerts)
        {
            TlsEnd end = await SendAsync(Client(), [21, 3, 3, 0, 2, 2, number]);

            end.Failure!.Alert.Should().Be(name);
            end.Text.Should().Contain($"the peer has refused it with the alert {name}");
        }
    }

    [Fact]
    public async Task A_server_also_knows_an_alert_that_comes_in_place_of_the_hello()
    {
        TlsHandshake handshake = Server();
        byte[] alert = [21, 3, 3, 0, 2, 2, 48];
        (await SendAsync(handshake, alert)).Text.Should().Contain("the peer has not begun with a ClientHello");

        handshake = Server();
        handshake.FirstBytes = alert;
        (await SendAsync(handshake, alert)).Failure!.Alert.Should().Be("unknown_ca");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task No_common_version_is_said_on_both_ends(SslProtocols version)
    {
        SslProtocols other = version == SslProtocols.Tls12 ? SslProtocols.Tls13 : SslProtocols.Tls12;

        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions { Certificate = s_authority.IssueTls("a.example"), Protocols = version },
            new TlsClientOptions { TrustedRoots = s_authority.Roots, Protocols = other });

        pair.Server.Text.Should().EndWith("no version of TLS suits both sides.");
        pair.Client.Failure!.Alert.Should().Be("protocol_version");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task No_common_application_protocol_is_said_on_both_ends(SslProtocols version)
    {
        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions { Certificate = s_authority.IssueTls("a.example"), Protocols = version, ApplicationProtocols = { "h2" } },
            new TlsClientOptions { TrustedRoots = s_authority.Roots, ApplicationProtocols = { "h3" } });

        pair.Server.Text.Should().EndWith("no application protocol (ALPN) suits both sides.");
        pair.Client.Failure!.Alert.Should().Be("no_application_protocol");
    }

    [Theory]
    [InlineData("h2 http/1.1", "http/1.1 h2", "h2")]
    [InlineData("h2", "", null)]
    [InlineData("", "h2", null)]
    [InlineData("", "", null)]
    public async Task The_servers_order_of_application_protocols_counts(string server, string client, string? agreed)
    {
        var serverOptions = new TlsServerOptions { Certificate = s_authority.IssueTls("a.example") };
        var clientOptions = new TlsClientOptions { TrustedRoots = s_authority.Roots };
        foreach (string protocol in server.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            serverOptions.ApplicationProtocols.Add(protocol);
        }

        foreach (string protocol in client.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            clientOptions.ApplicationProtocols.Add(protocol);
        }

        using TlsPair pair = await TlsPair.MeetAsync(serverOptions, clientOptions);

        pair.Server.Info!.ApplicationProtocol.Should().Be(agreed);
        pair.Client.Info!.ApplicationProtocol.Should().Be(agreed);
        pair.Client.Info.Protocol.Should().Be(SslProtocols.Tls13);
        pair.Client.Info.CipherSuite.Should().Be(pair.Server.Info.CipherSuite);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request..")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2..")]
    public async Task A_peer_that_does_not_speak_TLS_is_quoted_if_its_bytes_were_noted(string text, string shown)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        foreach (Func<TlsHandshake> make in new[] { Client, Server })
        {
            (await SendAsync(make(), bytes)).Text.Should().EndWith(
                "the peer has not sent a TLS record, so it does not speak TLS on this port.");

            TlsHandshake noted = make();
            noted.FirstBytes = bytes;
            (await SendAsync(noted, bytes)).Text.Should().EndWith(
                $"the peer does not speak TLS on this port: its first bytes were \"{shown}\".");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task A_peer_that_closes_is_said_to_have_closed(int count)
    {
        byte[] bytes = [22, 3, 3, 0, 100, 1, 2, 3];
        foreach (Func<TlsHandshake> make in new[] { Client, Server })
        {
            (await SendAsync(make(), bytes[..count])).Text.Should().EndWith(
                "the peer has closed the connection before the handshake was over. It has sent no alert; its log may say why.");
        }
    }

    [Fact]
    public async Task A_peer_that_resets_is_said_to_have_reset()
    {
        foreach (Func<TlsHandshake> make in new[] { Client, Server })
        {
            TlsHandshake handshake = make();
            var reset = new SocketException((int)SocketError.ConnectionReset);

            (await FailAsync(handshake, new IOException("reset", reset))).Text.Should().EndWith(
                "the peer has reset the connection before the handshake was over (ConnectionReset). "
                + "It has sent no alert; its log may say why.");
            handshake.Explain(reset, null, null).Message.Should().StartWith($"{handshake.Operation} on ? ↔ ? failed: the peer has reset");
        }
    }

    [Fact]
    public void A_deadline_is_said_with_its_length()
    {
        foreach (TlsHandshake handshake in new[] { Client(), Server() })
        {
            foreach (Exception exception in new Exception[] { new TimeoutException(), new OperationCanceledException() })
            {
                handshake.Explain(exception, TlsPair.ClientAddress, TlsPair.ServerAddress).Message.Should().Be(
                    $"{handshake.Operation} on 127.0.0.1:1 ↔ 127.0.0.1:2 failed: "
                    + "the peer has not finished it within 10 s (HandshakeTimeout).");
            }
        }
    }

    [Fact]
    public async Task An_echo_is_said_not_to_speak_TLS()
    {
        TlsHandshake handshake = Client();
        byte[] hello = [22, 3, 1, 0, 5, 1, 0, 0, 1, 0];
        handshake.FirstBytes = hello;

        (await SendAsync(handshake, hello)).Text.Should().Contain(
            "the peer does not speak TLS as a server on this port: it has answered with a ClientHello");
    }

    [Fact]
    public async Task A_record_that_does_not_belong_there_is_told_as_that()
    {
        (await SendAsync(Client(), [23, 3, 3, 0, 3, 1, 2, 3])).Text.Should().EndWith(
            "failed: the peer has sent a message of TLS that does not belong here (unexpected message).");
        (await SendAsync(Server(), [23, 3, 3, 0, 3, 1, 2, 3])).Text.Should().EndWith("the peer has not begun with a ClientHello.");
    }

    [Fact]
    public async Task What_comes_after_the_handshake_is_told_with_the_call()
    {
        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions { Certificate = s_authority.IssueTls("a.example") },
            new TlsClientOptions { TrustedRoots = s_authority.Roots });
        Func<Task> read = async () => await pair.Client.Stream.ReadExactlyAsync(new byte[1]).AsTask().Within();

        await pair.ServerTransport.WriteAsync(new byte[] { 23, 3, 3, 0, 32 }.Concat(new byte[32]).ToArray());

        Exception thrown = (await read.Should().ThrowAsync<IOException>()).Which;
        TlsException told = TlsFaults.ExplainLater("receive on a ↔ b", null, thrown, null, null);
        told.Message.Should().StartWith("receive on a ↔ b failed: no valid record of TLS has come: OpenSSL says: ");
        told.Alert.Should().BeNull();
    }

    private static TlsHandshake Client() => new TlsClientSettings(new() { TrustedRoots = s_authority.Roots }, "a.example").Begin();

    private static TlsHandshake Server() => new TlsServerSettings(new() { Certificate = s_authority.IssueTls("a.example") }).Begin();

    /// <summary>The peer sends these bytes and closes.</summary>
    private static async Task<TlsEnd> SendAsync(TlsHandshake handshake, byte[] bytes)
    {
        (DuplexStream own, DuplexStream peers) = DuplexStream.Pair();
        await peers.WriteAsync(bytes);
        await peers.DisposeAsync();
        return await TlsEnd.BeginAsync(handshake, own, TlsPair.ClientAddress, TlsPair.ServerAddress);
    }

    private static async Task<TlsEnd> FailAsync(TlsHandshake handshake, Exception exception)
    {
        (DuplexStream own, DuplexStream peers) = DuplexStream.Pair();
        peers.Fail(exception);
        return await TlsEnd.BeginAsync(handshake, own, TlsPair.ClientAddress, TlsPair.ServerAddress);
    }
}
