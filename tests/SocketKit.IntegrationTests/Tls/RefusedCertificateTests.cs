using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>
/// A server on .NET that refuses a client's certificate ends without a word. AllowTruncation must not make a clean end of that.
/// </summary>
public abstract class RefusedCertificateTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task A_refusal_of_no_certificate_is_no_end_of_the_data(SslProtocols protocol, CallShape shape) =>
        await RefuseAsync(protocol, shape, own: null);

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task A_refusal_of_the_clients_certificate_is_no_end_of_the_data(SslProtocols protocol, CallShape shape) =>
        await RefuseAsync(protocol, shape, Identities.Other);

    /// <summary>The server has asked for none, or has sent a byte.</summary>
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    public async Task Any_other_end_is_one_of_the_data(bool asks, bool sends, bool hasCertificate)
    {
        foreach (SslProtocols protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            using Socket listener = ListenPlain();
            Task answering = AnswerAsync(listener, protocol, asks, accepts: true, sends);
            await using TcpClient client = await ConnectAsync(listener, hasCertificate ? Identities.Other : null);
            byte[] buffer = new byte[1];
            if (sends)
            {
                (await client.ReceiveAsync(buffer).Within()).Should().Be(1);
            }

            (await client.ReceiveAsync(buffer).Within()).Should().Be(0);
            await answering.Within();
        }
    }

    private async Task RefuseAsync(SslProtocols protocol, CallShape shape, TlsCertificate? own)
    {
        using Socket listener = ListenPlain();
        Task answering = AnswerAsync(listener, protocol, asks: true, accepts: false, sends: false);

        SocketOperationException told = await Expect.Socket(UseAsync(), SocketError.ConnectionAborted);

        told.Message.Should().Contain("AllowTruncation does not count here").And.Contain("asked for a certificate");
        await answering.Within();

        async Task UseAsync()
        {
            await using TcpClient client = await ConnectAsync(listener, own);
            await client.ReceiveBy(shape, new byte[1]);
        }
    }

    private async Task<TcpClient> ConnectAsync(Socket listener, TlsCertificate? own)
    {
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.AllowTruncation = true;
        options.Tls.ClientCertificate = own;
        return await TcpClient.ConnectAsync(Host, ((System.Net.IPEndPoint)listener.LocalEndPoint!).Port, options).Within();
    }

    /// <summary>A server on SslStream, which ends by disposing it.</summary>
    private static async Task AnswerAsync(Socket listener, SslProtocols protocol, bool asks, bool accepts, bool sends)
    {
        using Socket accepted = await listener.AcceptAsync();
        using var stream = new SslStream(new NetworkStream(accepted, ownsSocket: false));
        Exception? failure = await Record.ExceptionAsync(() => stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = Identities.PlainServer,
            ClientCertificateRequired = asks,
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = (_, _, _, _) => accepts,
        }));
        (failure is null).Should().Be(accepts);
        if (sends)
        {
            await stream.WriteAsync("x"u8.ToArray());
        }
    }
}

public sealed class RefusedCertificateTests_Portable : RefusedCertificateTests<PortableUnderTest>;

public sealed class RefusedCertificateTests_Epoll : RefusedCertificateTests<EpollUnderTest>;
