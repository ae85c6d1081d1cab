using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

public abstract class UnixStreamTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task Echo_by_path_in_every_shape() => await EchoAsync(PathOf());

    [LinuxFact]
    public async Task Echo_by_abstract_name_in_every_shape() => await EchoAsync(AbstractName());

    [LinuxFact]
    public void An_abstract_name_with_embedded_NUL_is_the_exact_name()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name + "\0b");

        Action prefix = () => ConnectUnix(name);
        using UnixClient client = ConnectUnix(name + "\0b");

        prefix.Should().Throw<SocketConnectException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        client.RemoteEndPoint!.Serialize().Should().Be(new UnixDomainSocketEndPoint(name + "\0b").Serialize());
    }

    [LinuxFact]
    public void A_path_of_107_bytes_works_and_one_of_108_is_refused_before_any_system_call()
    {
        string longest = PathOf(new string('x', 107 - Folder.Length - 1));
        using UnixServer server = ListenUnix(longest);
        using UnixClient client = ConnectUnix(longest);
        string tooLong = longest + "x";

        Action listen = () => ListenUnix(tooLong);
        Action connect = () => ConnectUnix(tooLong);
        Func<Task> connectAsync = () => UnixClient.ConnectAsync(tooLong);

        client.RemoteEndPoint!.ToString().Should().Be(longest);
        listen.Should().Throw<ArgumentOutOfRangeException>();
        connect.Should().Throw<ArgumentOutOfRangeException>();
        connectAsync.Should().ThrowAsync<ArgumentOutOfRangeException>();
        Directory.EnumerateFileSystemEntries(Folder).Should().Equal(longest);
    }

    /// <summary>The NUL in front is none of them. The hook sees each socket that is made, so that none is.</summary>
    [LinuxTheory]
    [InlineData('x')]
    [InlineData('中')]
    public async Task An_abstract_name_of_107_bytes_works_and_one_of_108_is_refused_before_any_system_call(char letter)
    {
        int size = System.Text.Encoding.UTF8.GetByteCount([letter]);
        string longest = AbstractName();
        int left = 107 - (longest.Length - 1);
        longest += new string('-', left % size) + new string(letter, left / size);
        int sockets = 0;
        Action<Socket> count = _ => sockets++;
        var serverOptions = new UnixServerOptions { Engine = Engine, Configure = count };
        var clientOptions = new UnixClientOptions { Engine = Engine, Configure = count };
        var datagramOptions = new UnixDatagramOptions { Engine = Engine, Configure = count };
        using (UnixServer server = ListenUnix(longest, serverOptions))
        using (UnixClient client = ConnectUnix(longest, clientOptions))
        {
            client.RemoteEndPoint!.Serialize().Should().Be(new UnixDomainSocketEndPoint(longest).Serialize());
        }

        using (var receiver = UnixDatagramEndpoint.Bind(longest, datagramOptions))
        using (var sender = UnixDatagramEndpoint.Connect(longest, datagramOptions))
        {
            sender.Send("x"u8);
            receiver.ReceiveFrom(new byte[1]).Length.Should().Be(1);
        }

        sockets.Should().Be(4);
        string tooLong = longest + "-";
        IsRefused(Record.Exception(() => ListenUnix(tooLong, serverOptions)));
        IsRefused(Record.Exception(() => ConnectUnix(tooLong, clientOptions)));
        IsRefused(await Record.ExceptionAsync(() => UnixClient.ConnectAsync(tooLong, clientOptions)));
        IsRefused(Record.Exception(() => UnixDatagramEndpoint.Bind(tooLong, datagramOptions)));
        IsRefused(Record.Exception(() => UnixDatagramEndpoint.Connect(tooLong, datagramOptions)));
        sockets.Should().Be(4);

        static void IsRefused(Exception? exception) =>
            exception.Should().BeOfType<ArgumentOutOfRangeException>().Which.Message.Should().Contain("107 bytes").And.Contain("108");
    }

    [LinuxFact]
    public void The_length_of_a_path_counts_in_UTF8()
    {
        string chinese = PathOf(new string('中', 36));

        Action listen = () => ListenUnix(chinese);

        chinese.Length.Should().BeLessThan(107);
        listen.Should().Throw<ArgumentOutOfRangeException>();
    }

    [LinuxFact]
    public void Paths_that_no_file_can_have_are_refused()
    {
        foreach (string path in new[] { string.Empty, "/tmp/a\0b", "/tmp/\ud800" })
        {
            Action listen = () => ListenUnix(path);
            Action connect = () => ConnectUnix(path);
            listen.Should().Throw<ArgumentException>();
            connect.Should().Throw<ArgumentException>();
        }

        Action nothing = () => ListenUnix(null!);
        nothing.Should().Throw<ArgumentNullException>();
    }

    [LinuxFact]
    public void An_unnamed_client_has_no_endpoint_and_messages_say_so()
    {
        using UnixServer server = ListenUnix(PathOf());
        using UnixClient client = ConnectUnix(PathOf());
        using UnixConnection accepted = server.Accept();
        accepted.Timeout = TimeSpan.FromMilliseconds(20);

        Action receive = () => accepted.Receive(new byte[1]);

        accepted.RemoteEndPoint.Should().BeNull();
        client.LocalEndPoint.Should().BeNull();
        client.RemoteEndPoint!.ToString().Should().Be(PathOf());
        receive.Should().Throw<SocketTimeoutException>().WithMessage($"receive on {PathOf()} ← (unnamed) timed out after 20 ms.");
        accepted.ToString().Should().Be($"UnixConnection {PathOf()} ↔ (unnamed)");
    }

    [LinuxFact]
    public void Peer_credentials_are_those_of_the_peer_and_stay_readable()
    {
        using UnixServer server = ListenUnix(PathOf());
        UnixClient client = ConnectUnix(PathOf());
        UnixConnection accepted = server.Accept();

        client.Dispose();
        accepted.Dispose();

        accepted.PeerCredentials.ProcessId.Should().Be(Environment.ProcessId);
        accepted.PeerCredentials.UserId.Should().Be(OwnUserId);
        client.PeerCredentials.ProcessId.Should().Be(Environment.ProcessId);
    }

    [LinuxFact("python3")]
    public async Task Peer_credentials_name_another_process()
    {
        using UnixServer server = ListenUnix(PathOf());
        using Script python = Script.Python(
            "import socket, sys, os; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
            + "print(os.getpid(), os.geteuid(), os.getegid()); sys.stdin.read()",
            PathOf());

        using UnixConnection accepted = await server.AcceptAsync().Within();

        PeerCredentials peer = accepted.PeerCredentials;
        (await python.LineAsync()).Should().Be($"{peer.ProcessId} {peer.UserId} {peer.GroupId}");
    }

    [LinuxFact]
    public async Task A_pair_is_blocking_without_names_and_works_both_ways()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using (first)
        using (second)
        {
            byte[] buffer = new byte[8];

            first.Send("ping"u8);
            second.Receive(buffer).Should().Be(4);
            await second.SendAsync("pong!").Within();
            (await first.ReceiveAsync(buffer).Within()).Should().Be(5);

            first.Blocking.Should().BeTrue();
            first.ReceiveTimeout.Should().Be(Timeout.InfiniteTimeSpan);
            first.LocalEndPoint.Should().BeNull();
            first.RemoteEndPoint.Should().BeNull();
            second.PeerCredentials.ProcessId.Should().Be(Environment.ProcessId);
            IsCloseOnExec(first.Socket).Should().BeTrue();
            IsCloseOnExec(second.Socket).Should().BeTrue();

            second.ShutdownSend();
            first.Receive(buffer).Should().Be(0);
        }
    }

    [LinuxFact]
    public async Task Dispose_wakes_pending_operations_and_the_peer_sees_the_end()
    {
        using UnixServer server = ListenUnix(PathOf());
        using UnixClient peer = ConnectUnix(PathOf());
        UnixConnection accepted = server.Accept();
        Task<int> blocked = Limits.OnThread(() => accepted.Receive(new byte[1]));
        SpinWait.SpinUntil(() => blocked.Status == TaskStatus.Running, Limits.Hang).Should().BeTrue();

        await accepted.DisposeAsync();

        await Expect.Disposed(blocked);
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);

        using UnixClient second = ConnectUnix(PathOf());
        UnixConnection pending = server.Accept();
        Task<int> receive = pending.ReceiveAsync(new byte[1]).AsTask();
        pending.Dispose();
        await Expect.Disposed(receive);
        (await second.ReceiveAsync(new byte[1]).Within()).Should().Be(0);

        Task<UnixConnection> accept = server.AcceptAsync().AsTask();
        server.Dispose();
        await Expect.Disposed(accept);
    }

    [LinuxFact]
    public void A_duplicated_handle_keeps_the_connection_alive()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using (second)
        {
            SafeSocketHandle handle = first.DuplicateHandle();
            first.Dispose();

            using UnixConnection again = UnixConnection.FromSocket(new Socket(handle));
            again.Send("x"u8);
            second.Receive(new byte[8]).Should().Be(1);
        }
    }

    [LinuxFact]
    public void Adopted_sockets_are_checked()
    {
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var unconnected = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        Action wrongFamily = () => UnixConnection.FromSocket(tcp);
        Action notConnected = () => UnixConnection.FromSocket(unconnected);
        Action notListening = () => UnixServer.FromSocket(unconnected);

        wrongFamily.Should().Throw<ArgumentException>();
        notConnected.Should().Throw<ArgumentException>();
        notListening.Should().Throw<ArgumentException>();
    }

    [LinuxFact]
    public void An_adopted_listener_serves_and_its_file_is_left_to_its_maker()
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(PathOf()));
        listening.Listen();

        using (UnixServer server = UnixServer.FromSocket(listening, ownsSocket: false))
        {
            using UnixClient client = ConnectUnix(PathOf());
            using UnixConnection accepted = server.Accept();
            client.Send("x"u8);
            accepted.Receive(new byte[1]).Should().Be(1);
        }

        File.Exists(PathOf()).Should().BeTrue();
    }

    [LinuxFact]
    public async Task A_server_serves_handlers_and_stops()
    {
        UnixServer server = ListenUnix(PathOf());
        Task serving = server.ServeAsync(static (connection, cancellationToken) => connection.SendAsync("hi", cancellationToken).AsTask());
        using UnixClient client = ConnectUnix(PathOf());

        (await client.ReadToEnd().Within()).Should().Equal("hi"u8.ToArray());
        await server.StopAsync().Within();

        await serving.Within();
        File.Exists(PathOf()).Should().BeFalse();
    }

    [LinuxFact]
    public void Buffer_sizes_of_the_options_hold_on_both_sides()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, SendBufferSize = 40_000 });
        using UnixClient client = ConnectUnix(PathOf(), new UnixClientOptions { Engine = Engine, SendBufferSize = 50_000 });
        using UnixConnection accepted = server.Accept();

        // socket(7): Linux doubles the value.
        accepted.Socket.SendBufferSize.Should().Be(80_000);
        client.Socket.SendBufferSize.Should().Be(100_000);
    }

    private static bool IsCloseOnExec(Socket socket)
    {
        // proc(5): flags are octal; O_CLOEXEC is 02000000.
        string flags = File.ReadLines($"/proc/self/fdinfo/{socket.Handle}").First(static line =>
            line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt64(flags.Split('\t')[1], 8) & Convert.ToInt64("2000000", 8)) != 0;
    }

    private async Task EchoAsync(string path)
    {
        using UnixServer server = ListenUnix(path);
        byte[] sent = Payload.Of(300_000);
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            using UnixClient client = shape == CallShape.Async
                ? await UnixClient.ConnectAsync(path, UnixClientOptions).Within()
                : ConnectUnix(path);
            using UnixConnection accepted = server.Accept();

            Task sending = client.SendBy(shape, sent).ContinueWith(_ => client.ShutdownSend(), TaskScheduler.Default);
            byte[] received = await accepted.ReadToEnd(shape).Within();
            await sending.Within();
            Task back = accepted.SendBy(shape, received).ContinueWith(_ => accepted.ShutdownSend(), TaskScheduler.Default);

            (await client.ReadToEnd(shape).Within()).Should().Equal(sent);
            await back.Within();
        }
    }
}

public sealed class UnixStreamTests_Portable : UnixStreamTests<PortableUnderTest>;

public sealed class UnixStreamTests_Epoll : UnixStreamTests<EpollUnderTest>;
