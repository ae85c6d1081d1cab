using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BeforeMigration;
using SocketKit.IntegrationTests.Kit;
using PlainTcpClient = System.Net.Sockets.TcpClient;

namespace SocketKit.Tests.Docs;

/// <summary>What samples/guide/migration.md shows side by side does the same, and its table of differences is true.</summary>
public sealed class MigrationGuideTests
{
    private static readonly byte[] s_question = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Server_and_client_before_and_after_the_migration_understand_each_other(bool newServer, bool newClient)
    {
        using var stop = new CancellationTokenSource();
        int port = FreePort.Next();
        Task serving = newServer ? MigrationSnippets.Server(port, stop.Token) : MigrationBeforeSnippets.Server(port, stop.Token);

        Task<byte[]> asking = newClient
            ? MigrationSnippets.Client("127.0.0.1", port, s_question, CancellationToken.None)
            : MigrationBeforeSnippets.Client("127.0.0.1", port, s_question, CancellationToken.None);

        (await asking.Within()).Should().Equal(s_question);
        await stop.CancelAsync();
        Exception? end = await Record.ExceptionAsync(() => serving.Within());
        (end is OperationCanceledException).Should().Be(!newServer);
        (end is null).Should().Be(newServer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_comes_back_before_and_after_the_migration(bool migrated)
    {
        int port = FreePort.Next();
        Task answering = migrated
            ? MigrationSnippets.Datagrams(port, CancellationToken.None)
            : MigrationBeforeSnippets.Datagrams(port, CancellationToken.None);
        using UdpEndpoint client = UdpEndpoint.Connect(new IPEndPoint(IPAddress.Loopback, port));
        client.Timeout = Limits.Hang;

        client.Send(s_question);
        byte[] answer = new byte[100];

        client.Receive(answer).Length.Should().Be(s_question.Length);
        await answering.Within();
    }

    [Fact]
    public async Task A_socket_of_old_code_can_be_wrapped_and_read_as_a_stream_and_handed_back()
    {
        (Socket socket, Socket peer) = PlainPair();
        using Socket end = peer;
        using TcpConnection connection = TcpConnection.FromSocket(socket);
        Task<int> receiving = MigrationSnippets.Wrap(PlainPairOf(out Socket other), new byte[10], CancellationToken.None);
        other.Send(s_question);
        peer.Send("line\n"u8);

        (await receiving.Within()).Should().Be(s_question.Length);
        (await MigrationSnippets.Lines(connection, CancellationToken.None).Within()).Should().Be("line");
        if (OperatingSystem.IsLinux())
        {
            using Socket back = MigrationSnippets.HandBack(connection);
            peer.Send(s_question);
            back.Receive(new byte[10]).Should().Be(s_question.Length);
        }

        other.Dispose();
    }

    [Fact]
    public async Task SslStream_runs_over_a_connection()
    {
        using X509Certificate2 certificate = SelfSigned();
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port);
        await using TcpConnection accepted = await server.AcceptAsync(Limits.Hang);
        await using var tls = new SslStream(accepted.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { certificate },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };

        Task asking = MigrationSnippets.Tls(client, options, s_question, CancellationToken.None);
        await tls.AuthenticateAsServerAsync(certificate, false, SslProtocols.None, false).Within();
        byte[] request = new byte[s_question.Length];
        await tls.ReadExactlyAsync(request).Within();

        request.Should().Equal(s_question);
        await asking.Within();
    }

    [Fact]
    public void The_defaults_differ_as_the_page_says()
    {
        (Socket socket, Socket peer) = PlainPair();
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();

        socket.NoDelay.Should().BeFalse();
        first.NoDelay.Should().BeTrue();
        ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!).Should().Be(0);
        first.KeepAlive.Should().Be(new TcpKeepAlive(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), 6));
        new TcpClientOptions().ConnectTimeout.Should().Be(TimeSpan.FromSeconds(15));
        new TcpServerOptions().Backlog.Should().Be(512);

        socket.Dispose();
        peer.Dispose();
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task A_time_out_concerns_async_calls_too_and_zero_means_something_else()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using (first)
        using (second)
        {
            first.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
            Task receiving = first.ReceiveAsync(new byte[1]).AsTask();
            (await Record.ExceptionAsync(() => receiving.Within())).Should().BeOfType<SocketTimeoutException>();
            second.Send(s_question);
            first.ReceiveTimeout = Limits.Hang;
            first.Receive(new byte[10]).Should().Be(s_question.Length, "a time-out leaves the connection usable");

            first.ReceiveTimeout = TimeSpan.Zero;
            Record.Exception(() => first.Receive(new byte[1])).Should().BeOfType<SocketOperationException>()
                .Which.SocketErrorCode.Should().Be(SocketError.WouldBlock);
        }

        (Socket socket, Socket peer) = PlainPair();
        socket.ReceiveTimeout = 0;
        socket.ReceiveTimeout.Should().Be(0, "which is for ever there");
        socket.Dispose();
        peer.Dispose();
    }

    [Fact]
    public async Task Closing_during_a_receive_is_a_clean_end_for_the_peer_and_was_a_reset()
    {
        SocketError error;
        if (OperatingSystem.IsLinux())
        {
            (Socket socket, Socket peer) = PlainPair();
            Task<int> pending = socket.ReceiveAsync(new byte[1]);
            socket.Dispose();
            (await Record.ExceptionAsync(() => pending.Within())).Should().BeOfType<SocketException>();
            peer.Receive(new byte[1], SocketFlags.None, out error);
            error.Should().Be(SocketError.ConnectionReset);
            peer.Dispose();
        }

        using TcpConnection connection = TcpConnection.FromSocket(PlainPairOf(out Socket other));
        Task<int> receiving = connection.ReceiveAsync(new byte[1]).AsTask();
        connection.Dispose();
        (await Record.ExceptionAsync(() => receiving.Within())).Should().BeOfType<ObjectDisposedException>();
        other.Receive(new byte[1], SocketFlags.None, out error).Should().Be(0);
        error.Should().Be(SocketError.Success);
        other.Dispose();
    }

    [Fact]
    public async Task A_second_receive_is_refused_and_was_queued()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        Task<int> pending = first.ReceiveAsync(new byte[1]).AsTask();
        (await Record.ExceptionAsync(() => first.ReceiveAsync(new byte[1]).AsTask())).Should().BeOfType<InvalidOperationException>();
        second.Send(s_question);
        (await pending.Within()).Should().Be(1);
        first.Dispose();
        second.Dispose();

        (Socket socket, Socket peer) = PlainPair();
        Task<int>[] both = [socket.ReceiveAsync(new byte[1]), socket.ReceiveAsync(new byte[1])];
        peer.Send(s_question);
        (await Task.WhenAll(both).Within()).Should().Equal(1, 1);
        socket.Dispose();
        peer.Dispose();
    }

    [Fact]
    public async Task A_cancelled_send_that_has_begun_aborts_the_connection_and_looked_complete()
    {
        byte[] more = new byte[32 * 1024 * 1024];
        using var stop = new CancellationTokenSource();
        using TcpConnection connection = TcpConnection.FromSocket(PlainPairOf(out Socket other));
        Task sending = connection.SendAsync(more, stop.Token).AsTask();
        await stop.CancelAsync();
        (await Record.ExceptionAsync(() => sending.Within())).Should().BeAssignableTo<OperationCanceledException>();
        Record.Exception(() => connection.Send(s_question)).Should().BeOfType<ObjectDisposedException>();
        EndOf(other).Should().Be(SocketError.ConnectionReset);
        other.Dispose();

        using var again = new CancellationTokenSource();
        (Socket socket, Socket peer) = PlainPair();
        Task<int> plain = socket.SendAsync(more, SocketFlags.None, again.Token).AsTask();
        await again.CancelAsync();
        (await Record.ExceptionAsync(() => plain.Within())).Should().BeAssignableTo<OperationCanceledException>();
        socket.Dispose();
        EndOf(peer).Should().Be(SocketError.Success);
        peer.Dispose();
    }

    [Fact]
    public void A_datagram_longer_than_the_buffer_says_so_and_did_not()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Bind("localhost", 0);
        using UdpEndpoint sender = UdpEndpoint.Connect(endpoint.LocalEndPoint);
        endpoint.Timeout = Limits.Hang;
        sender.Send(s_question);
        endpoint.ReceiveFrom(new byte[3]).IsTruncated.Should().BeTrue();

        if (OperatingSystem.IsLinux())
        {
            using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            plain.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            plain.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
            sender.ConnectTo((IPEndPoint)plain.LocalEndPoint!);
            sender.Send(s_question);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            plain.ReceiveFrom(new byte[3], ref from).Should().Be(3);
        }
    }

    [Fact]
    public void Reusing_an_address_lets_a_second_listener_in_and_does_not_here()
    {
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0, new TcpServerOptions { ReuseAddress = true });
        Record.Exception(() => TcpServer.Listen(server.LocalEndPoint, new TcpServerOptions { ReuseAddress = true }))
            .Should().BeOfType<SocketOperationException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);

        if (OperatingSystem.IsLinux())
        {
            using Socket first = Reusing(new IPEndPoint(IPAddress.Loopback, 0));
            using Socket second = Reusing((IPEndPoint)first.LocalEndPoint!);
            second.LocalEndPoint.Should().Be(first.LocalEndPoint);
        }

        static Socket Reusing(IPEndPoint local)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(local);
            socket.Listen();
            return socket;
        }
    }

    [Fact]
    public async Task Addresses_stay_readable_after_closing_and_did_not()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        EndPoint remote = second.LocalEndPoint;
        first.Dispose();
        second.Dispose();
        first.RemoteEndPoint.Should().Be(remote);

        await using TcpServer server = TcpServer.Listen("localhost", 0);
        var plain = new PlainTcpClient("127.0.0.1", server.Port);
        Socket socket = plain.Client;
        plain.Dispose();
        Record.Exception(() => socket.RemoteEndPoint).Should().BeOfType<ObjectDisposedException>();
    }

    /// <summary>Reads to the end; Success is a clean one.</summary>
    private static SocketError EndOf(Socket socket)
    {
        byte[] buffer = new byte[65_536];
        socket.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
        SocketError error;
        while (socket.Receive(buffer, SocketFlags.None, out error) > 0 && error == SocketError.Success)
        {
        }

        return error;
    }

    private static Socket PlainPairOf(out Socket peer)
    {
        (Socket socket, peer) = PlainPair();
        return socket;
    }

    private static (Socket Socket, Socket Peer) PlainPair()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndpoint);
        return (socket, listener.AcceptSocket());
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // Exported and loaded, because some platforms do not take a key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
