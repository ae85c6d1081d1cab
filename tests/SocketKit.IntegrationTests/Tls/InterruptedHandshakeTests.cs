using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Thread.Interrupt during a blocking handshake. It takes effect where the thread waits in managed code.</summary>
public abstract class InterruptedHandshakeTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData("a connect")]
    [InlineData("an upgrade as the client")]
    [InlineData("an upgrade as the server")]
    public async Task It_ends_the_call_as_an_interrupt_and_closes_the_connection(string what)
    {
        var waiting = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        TlsServerOptions serverTls = ServerTls;
        serverTls.ClientCertificates = ClientCertificates.Accept;
        TlsClientOptions clientTls = ClientTls;
        clientTls.TargetHost = Host;
        clientTls.ClientCertificate = Identities.Other;
        if (what == "an upgrade as the server")
        {
            serverTls.DangerousClientCertificateValidation = Wait;
        }
        else
        {
            clientTls.DangerousServerCertificateValidation = Wait;
        }

        StreamConnection? own = null;
        StreamConnection? peer = null;
        using TcpServer server = Listen();
        Task<Exception?> interrupted;
        Task other;
        if (what == "a connect")
        {
            TcpClientOptions options = ClientOptions;
            options.Tls = clientTls;
            interrupted = Interruptible(() => own = TcpClient.Connect(server.LocalEndPoint, options));
            peer = await server.AcceptAsync().Within();
            other = peer.UpgradeToTlsAsync(serverTls);
        }
        else
        {
            TcpClient client = Connect(server);
            TcpConnection accepted = await server.AcceptAsync().Within();
            bool isClient = what == "an upgrade as the client";
            (own, peer) = isClient ? ((StreamConnection)client, (StreamConnection)accepted) : (accepted, client);
            interrupted = Interruptible(isClient ? () => client.UpgradeToTls(clientTls) : () => accepted.UpgradeToTls(serverTls));
            other = isClient ? accepted.UpgradeToTlsAsync(serverTls) : client.UpgradeToTlsAsync(clientTls);
        }

        Thread thread = await waiting.Task.Within();

        thread.Interrupt();

        (await interrupted.Within()).Should().BeOfType<ThreadInterruptedException>();
        if (own is not null)
        {
            own.CloseReason.Should().Be(CloseReason.Error);
            await Expect.Disposed(own.ReceiveAsync(new byte[1]).AsTask());
        }

        // The peer learns of it in its handshake, or, where that is over first, from its next receive.
        Exception? seen = await Record.ExceptionAsync(() => other.Within());
        (seen ?? await Expect.Failure(peer.ReceiveAsync(new byte[1]).AsTask())).Should().NotBeNull();
        peer.Abort();
        own?.Abort();

        bool Wait(X509Certificate2 certificate, X509Chain chain, System.Net.Security.SslPolicyErrors errors)
        {
            waiting.SetResult(Thread.CurrentThread);
            Thread.Sleep(Timeout.Infinite);
            return true;
        }
    }

    private static Task<Exception?> Interruptible(Action call) => Limits.OnThread<Exception?>(() => Record.Exception(call));
}

public sealed class InterruptedHandshakeTests_Portable : InterruptedHandshakeTests<PortableUnderTest>;

public sealed class InterruptedHandshakeTests_Epoll : InterruptedHandshakeTests<EpollUnderTest>;
