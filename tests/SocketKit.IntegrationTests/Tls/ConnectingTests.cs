using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Connecting;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Connects with Tls in the options.</summary>
public abstract class ConnectingTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [MemberData(nameof(TlsCases.Ways), MemberType = typeof(TlsCases))]
    public async Task Every_way_to_connect_does_the_handshake_with_the_host_that_was_dialled(ConnectWay way, bool byName)
    {
        using Socket listener = ListenPlain();
        Task<SslStream> answering = AcceptPlainAsync(listener);
        TlsInfo? seen = null;

        await UseAsync(way, listener, byName, SecureClientOptions, async client =>
        {
            seen = client.Tls;
            await client.SendAsync("x"u8.ToArray());
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
            client.CloseReason.Should().Be(CloseReason.None);
        }, EchoOnceAsync(answering));

        seen!.HostName.Should().Be(byName ? Host : "127.0.0.1");
        seen.PeerCertificate!.GetCertHash().Should().Equal(Identities.PlainServer.GetCertHash());
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.TlsEstablished);
    }

    [Theory]
    [MemberData(nameof(TlsCases.Ways), MemberType = typeof(TlsCases))]
    public async Task A_refused_certificate_is_a_TlsException_and_is_not_tried_again(ConnectWay way, bool byName)
    {
        using Socket listener = ListenPlain();
        int accepted = 0;
        Task answering = AnswerAllAsync(listener, () => accepted++);
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.TargetHost = "wrong.example";
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1) };

        (TlsException exception, SocketError? code) = await FailAsync(way, listener, byName, options);

        exception.PolicyErrors.Should().HaveFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        exception.HostName.Should().Be("wrong.example");
        exception.RemoteEndPoint.Should().Be(listener.LocalEndPoint);
        (code ?? SocketError.ConnectionAborted).Should().Be(SocketError.ConnectionAborted);
        listener.Close();
        await Expect.Failure(answering);
        accepted.Should().Be(1);
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.TlsHandshakeFailed)
            .Which.Text.Should().Contain("wrong.example");
    }

    [Theory]
    [MemberData(nameof(TlsCases.Ways), MemberType = typeof(TlsCases))]
    public async Task A_connection_that_is_lost_during_the_handshake_is_tried_again(ConnectWay way, bool byName)
    {
        using Socket listener = ListenPlain();
        Task<SslStream> answering = LoseTwoAsync(listener);
        TcpClientOptions options = SecureClientOptions;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1), MaxAttempts = 3 };

        await UseAsync(way, listener, byName, options, static async client =>
        {
            await client.SendAsync("x"u8.ToArray());
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
        }, EchoOnceAsync(answering));

        Log.Lines.Count(static line => line.Id.Id == EventIds.TlsHandshakeFailed).Should().Be(2);
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.ConnectedAfterRetries);
    }

    [Theory]
    [InlineData(ConnectWay.Connect)]
    [InlineData(ConnectWay.ConnectAsync)]
    [InlineData(ConnectWay.TryConnect)]
    [InlineData(ConnectWay.TryConnectAsync)]
    public async Task A_server_that_is_silent_is_left_after_the_time_of_the_handshake(ConnectWay way)
    {
        using Socket listener = ListenPlain();
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.HandshakeTimeout = TimeSpan.FromMilliseconds(200);

        (TlsException exception, SocketError? code) = await FailAsync(way, listener, byName: true, options);

        exception.InnerException.Should().BeOfType<TimeoutException>();
        (code ?? SocketError.TimedOut).Should().Be(SocketError.TimedOut);
        using Socket accepted = listener.Accept();
        ReadToEnd(accepted).Should().BePositive("the hello came, and then the connection was closed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_that_fires_during_the_handshake_ends_it_and_closes_the_connection(bool isTry)
    {
        using Socket listener = ListenPlain();
        using var source = new CancellationTokenSource();
        Task connecting = isTry
            ? TcpClient.TryConnectAsync(Host, PortOf(listener), SecureClientOptions, source.Token)
            : TcpClient.ConnectAsync(Host, PortOf(listener), SecureClientOptions, source.Token);
        using Socket accepted = listener.Accept();
        accepted.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
        accepted.Receive(new byte[1], SocketFlags.Peek).Should().Be(1, "the handshake has begun");

        await source.CancelAsync();

        await Expect.Canceled(connecting, source.Token);
        ReadToEnd(accepted).Should().BePositive();
    }

    [Fact]
    public void Options_are_checked_before_anything_is_tried()
    {
        using var nobody = new ClosedPort();
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.TargetHost = "not a name";

        ArgumentException refused = Record.Exception(() => TcpClient.Connect(nobody.EndPoint, options))
            .Should().BeAssignableTo<ArgumentException>().Subject;

        refused.ParamName.Should().Be(nameof(TlsClientOptions.TargetHost));
    }

    [Fact]
    public async Task A_client_and_a_server_of_the_library_agree_on_a_protocol_and_know_each_other()
    {
        var seen = new TaskCompletionSource<TlsInfo>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TcpServer server = ListenSecurely(static options =>
        {
            options.Tls!.ApplicationProtocols.Add("two");
            options.Tls.ApplicationProtocols.Add("one");
            options.Tls.ClientCertificates = ClientCertificates.Require;
            options.Tls.TrustedRoots = Identities.Roots;
        });
        Task serving = server.ServeAsync((connection, token) =>
        {
            seen.TrySetResult(connection.Tls!);
            return EchoAsync(connection, token);
        });
        using (TcpClient client = ConnectSecurely(server, static options =>
        {
            options.Tls!.ApplicationProtocols.Add("one");
            options.Tls.ApplicationProtocols.Add("two");
            options.Tls.ClientCertificate = Identities.Other;
        }))
        {
            await ExchangeAsync(client);
            client.Tls!.ApplicationProtocol.Should().Be("two");
        }

        (await seen.Task.Within()).PeerCertificate!.Subject.Should().Be("CN=other.example");
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    private static int PortOf(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    private static async Task<SslStream> AcceptPlainAsync(Socket listener) => await AnswerPlainAsync(await listener.AcceptAsync());

    private static async Task EchoOnceAsync(Task<SslStream> answering)
    {
        using SslStream stream = await answering;
        byte[] buffer = new byte[1];
        (await stream.ReadAsync(buffer)).Should().Be(1);
        await stream.WriteAsync(buffer);
        (await stream.ReadAsync(buffer)).Should().Be(0);
    }

    private static async Task<SslStream> LoseTwoAsync(Socket listener)
    {
        for (int i = 0; i < 2; i++)
        {
            using Socket lost = await listener.AcceptAsync();
            await lost.ReceiveAsync(new byte[10]);
            if (i == 0)
            {
                lost.LingerState = new LingerOption(true, 0);
            }
            else
            {
                // Without unread bytes it is an end, and not a reset.
                await lost.ReceiveAsync(new byte[64 * 1024]);
            }
        }

        return await AcceptPlainAsync(listener);
    }

    private static async Task AnswerAllAsync(Socket listener, Action accepted)
    {
        while (true)
        {
            Socket socket = await listener.AcceptAsync();
            accepted();
            using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await Expect.Failure(stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = Identities.PlainServer }));
            await Expect.Failure(stream.ReadAsync(new byte[1]).AsTask());
        }
    }

    /// <summary>Connects, uses the connection and closes it.</summary>
    private static async Task UseAsync(
        ConnectWay way, Socket listener, bool byName, TcpClientOptions options, Func<TcpClient, Task> use, Task serving)
    {
        if (way == ConnectWay.KeepConnectedAsync)
        {
            Exception? thrown = null;
            options.StopWhenHandled = true;
            options.HandlerFailed = (_, exception) => thrown = exception;
            await (byName
                ? TcpClient.KeepConnectedAsync(Host, PortOf(listener), (client, _) => use(client), options)
                : TcpClient.KeepConnectedAsync((IPEndPoint)listener.LocalEndPoint!, (client, _) => use(client), options)).Within();
            thrown.Should().BeNull();
        }
        else
        {
            using TcpClient client = (await ConnectAsync(way, listener, byName, options)).Client!;
            await use(client).Within();
        }

        await serving.Within();
    }

    /// <summary>The exception, and the code where there is one.</summary>
    private static async Task<(TlsException Exception, SocketError? Code)> FailAsync(
        ConnectWay way, Socket listener, bool byName, TcpClientOptions options)
    {
        if (way is ConnectWay.TryConnect or ConnectWay.TryConnectAsync)
        {
            ConnectResult result = await ConnectAsync(way, listener, byName, options);
            (result.IsConnected, result.Client).Should().Be((false, null));
            result.Attempts.Should().NotBeEmpty();
            return (result.Error.Should().BeOfType<TlsException>().Subject, result.SocketErrorCode);
        }

        Task failing = way == ConnectWay.KeepConnectedAsync
            ? UseAsync(way, listener, byName, options, static _ => Task.CompletedTask, Task.CompletedTask)
            : ConnectAsync(way, listener, byName, options);
        return ((await Expect.Failure(failing)).Should().BeOfType<TlsException>().Subject, null);
    }

    private static async Task<ConnectResult> ConnectAsync(ConnectWay way, Socket listener, bool byName, TcpClientOptions options)
    {
        var remote = (IPEndPoint)listener.LocalEndPoint!;
        return (way, byName) switch
        {
            (ConnectWay.Connect, true) => Of(await Limits.OnThread(() => TcpClient.Connect(Host, remote.Port, options)).Within()),
            (ConnectWay.Connect, false) => Of(await Limits.OnThread(() => TcpClient.Connect(remote, options)).Within()),
            (ConnectWay.ConnectAsync, true) => Of(await TcpClient.ConnectAsync(Host, remote.Port, options).Within()),
            (ConnectWay.ConnectAsync, false) => Of(await TcpClient.ConnectAsync(remote, options).Within()),
            (ConnectWay.TryConnect, true) => await Limits.OnThread(() => TcpClient.TryConnect(Host, remote.Port, options)).Within(),
            (ConnectWay.TryConnect, false) => await Limits.OnThread(() => TcpClient.TryConnect(remote, options)).Within(),
            (_, true) => await TcpClient.TryConnectAsync(Host, remote.Port, options).Within(),
            (_, false) => await TcpClient.TryConnectAsync(remote, options).Within(),
        };

        static ConnectResult Of(TcpClient client) =>
            new(ConnectRound<TcpClient>.Connected(client, client.ConnectAttempts));
    }
}

public sealed class ConnectingTests_Portable : ConnectingTests<PortableUnderTest>;

public sealed class ConnectingTests_Epoll : ConnectingTests<EpollUnderTest>;
