using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>What callers and logs are told of TLS over Unix sockets, most of which have no name.</summary>
public abstract class TlsOverUnixTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task A_client_of_another_protocol_is_told_of_with_names_and_without_a_port()
    {
        UnixServerOptions options = UnixServerOptions;
        options.LoggerFactory = Log;
        await using UnixServer server = ListenUnix(PathOf(), options);
        Task serving = server.ServeAsync(static (connection, token) => connection.UpgradeToTlsAsync(ServerTls, token));
        using (UnixClient client = ConnectUnix(PathOf()))
        {
            await Eventually.BeTrueAsync(
                () => server.Connections.SingleOrDefault()?.Channel is SocketKit.Tls.TlsChannel, "it looks for a hello");
            await client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()).Within();
            await Expect.Failure(client.ReceiveExactlyAsync(new byte[1]).AsTask());
        }

        await Eventually.BeAsync(() => server.ConnectionCount, 0, "it has left");
        await server.StopAsync().Within();
        await serving.Within();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.ConnectionAccepted)
            .Which.Text.Should().Contain("from (unnamed)").And.NotContain("null");
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected)
            .Which.Exception!.Message.Should().Contain(" ↔ (unnamed) failed: ").And.Contain("the peer does not speak TLS there");
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handles_are_refused_with_the_reason_and_the_connection_stays_usable(bool blocks)
    {
        (UnixConnection one, UnixConnection other) = UnixConnection.CreatePair(UnixClientOptions);
        using UnixConnection first = one;
        using UnixConnection second = other;
        TlsClientOptions tls = ClientTls;
        tls.TargetHost = Host;
        await Task.WhenAll(first.UpgradeToTlsAsync(tls), second.UpgradeToTlsAsync(ServerTls)).Within();
        using SafeFileHandle handle = File.OpenHandle("/dev/null");

        Exception? refused = await Expect.Failure(blocks
            ? Limits.OnThread(() => first.SendHandles(new byte[1], handle))
            : first.SendHandlesAsync(new byte[1], [handle]).AsTask());
        Exception? notReceived = Record.Exception(() => second.ReceiveHandles(new byte[1]));

        Expect.Socket(refused, SocketError.OperationNotSupported).Message.Should().Contain("speaks TLS");
        Expect.Socket(notReceived, SocketError.OperationNotSupported).Message.Should().Contain("speaks TLS");
        await first.SendAsync("x"u8.ToArray()).Within();
        (await second.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
    }
}

public sealed class TlsOverUnixTests_Portable : TlsOverUnixTests<PortableUnderTest>;

public sealed class TlsOverUnixTests_Epoll : TlsOverUnixTests<EpollUnderTest>;
