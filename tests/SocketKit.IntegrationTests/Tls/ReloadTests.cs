using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A certificate that is replaced while clients come.</summary>
public abstract class ReloadTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>On each of two engines.</summary>
    private const int Connections = 5_000;

    private const int Clients = 16;

    [Fact]
    public async Task Thousands_of_connections_while_the_certificate_is_replaced_ten_times_a_second_all_succeed()
    {
        var authority = new TestAuthority();
        using X509Certificate2 first = authority.Issue(Host, "127.0.0.1");
        using X509Certificate2 second = authority.Issue(Host, "127.0.0.1");
        using TlsCertificate certificate = TlsCertificate.From(first);
        await using TcpServer server = ListenSecurely(options => options.Tls!.Certificate = certificate);
        Task serving = server.ServeAsync(EchoAsync);
        TcpClientOptions client = SecureClientOptions;
        client.Tls!.TrustedRoots = authority.Roots;
        int left = Connections;
        var seen = new HashSet<string>();

        Task[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await using TcpClient connection = await TcpClient.ConnectAsync(server.LocalEndPoint, client);
                await connection.SendAsync(new byte[1]);
                await connection.ReceiveExactlyAsync(new byte[1]);
                lock (seen)
                {
                    seen.Add(connection.Tls!.PeerCertificate!.SerialNumber);
                }
            }
        }))];
        Task all = Task.WhenAll(clients);
        int replaced = 0;
        while (await Task.WhenAny(all, Task.Delay(100)) != all)
        {
            certificate.Replace(++replaced % 2 == 1 ? second : first);
        }

        await all;
        replaced.Should().BePositive();
        seen.Should().BeEquivalentTo(first.SerialNumber, second.SerialNumber);
        certificate.Replace(second);
        using (TcpClient last = await TcpClient.ConnectAsync(server.LocalEndPoint, client).Within())
        {
            last.Tls!.PeerCertificate!.SerialNumber.Should().Be(second.SerialNumber, "the next handshake shows the new one");
        }

        server.GetStatistics().HandshakesFailed.Should().Be(0);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }
}

public sealed class ReloadTests_Portable : ReloadTests<PortableUnderTest>;

public sealed class ReloadTests_Epoll : ReloadTests<EpollUnderTest>;
