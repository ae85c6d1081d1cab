using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;
using static SocketKit.IntegrationTests.Tls.Exchanges;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A connection that begins in plain text and goes on with TLS.</summary>
public abstract class UpgradeTests<TEngine, TTransport> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    private static TlsClientOptions NamedTls
    {
        get
        {
            TlsClientOptions options = ClientTls;
            options.TargetHost = Host;
            return options;
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking, CallShape.Blocking)]
    [InlineData(CallShape.Blocking, CallShape.Async)]
    [InlineData(CallShape.Async, CallShape.Blocking)]
    [InlineData(CallShape.Async, CallShape.Async)]
    public async Task Both_ends_upgrade_after_plain_text_and_go_on_in_every_shape(CallShape client, CallShape server)
    {
        using Ends ends = Connect();
        CancellationToken closed = ends.Accepted.Closed;
        await SayAsync(ends.Client, ends.Accepted, "STARTTLS");
        await SayAsync(ends.Accepted, ends.Client, "go");
        (ends.Client.Tls, ends.Accepted.Tls).Should().Be((null, null));

        await UpgradeAsync(ends, client, server);

        ends.Client.Tls!.HostName.Should().Be(Host);
        ends.Accepted.Tls!.HostName.Should().Be(Host);
        ends.Client.Tls.CipherSuite.Should().Be(ends.Accepted.Tls.CipherSuite);
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            byte[] buffer = new byte[5];
            await ends.Client.SendBy(shape, "hello"u8.ToArray()).Within();
            await ends.Accepted.ReceiveExactlyAsync(buffer).Within();
            await ends.Accepted.SendBy(shape, buffer).Within();
            (await ends.Client.ReceiveBy(shape, buffer).Within()).Should().Be(5);
            buffer.Should().Equal("hello"u8.ToArray());
        }

        (ends.Client.BytesSent, ends.Client.BytesReceived).Should().Be((8 + 15, 2 + 15), "bytes of the application count");
        closed.IsCancellationRequested.Should().BeFalse();
        await ends.Client.DisposeAsync();
        (await ends.Accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await Eventually.BeTrueAsync(() => closed.IsCancellationRequested, "a token from before the upgrade fires");
        ends.Accepted.CloseReason.Should().Be(CloseReason.PeerFinished);
        ends.Client.Tls.Should().NotBeNull("it is readable after close");
    }

    [Fact]
    public async Task A_hello_that_has_come_before_the_servers_upgrade_is_taken()
    {
        using Ends ends = Connect();
        Task client = ends.Client.UpgradeToTlsAsync(NamedTls);
        ends.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();

        await ends.Accepted.UpgradeToTlsAsync(ServerTls).Within();

        await client.Within();
        await SayAsync(ends.Client, ends.Accepted, "hello");
    }

    [Theory]
    [InlineData("a receive")]
    [InlineData("a send")]
    [InlineData("unread bytes")]
    [InlineData("a pipe with a read under way")]
    [InlineData("a pipe with bytes that were not consumed")]
    [InlineData("a pipe with bytes that were not flushed")]
    [InlineData("a pipe whose output is complete")]
    [InlineData("messages with a receive under way")]
    [InlineData("messages with one left")]
    [InlineData("messages with one to send")]
    [InlineData("its sending half shut")]
    public async Task It_is_refused_while_bytes_are_under_way_and_the_connection_stays_as_it_is(string what)
    {
        foreach (bool isClient in new[] { true, false })
        {
            using Ends ends = Connect(bufferSize: what.EndsWith("send", StringComparison.Ordinal) ? 16 * 1024 : null);
            (StreamConnection own, StreamConnection peer) = isClient ? (ends.Client, ends.Accepted) : (ends.Accepted, ends.Client);
            Func<Task> finish = await BringAsync(what, own, peer);

            Exception async = (await Expect.Failure(UpgradeOneAsync(own, isClient)))!;
            Exception? sync = Record.Exception(() => UpgradeOne(own, isClient));

            foreach (Exception refused in new[] { async, sync! })
            {
                refused.Should().BeAssignableTo<InvalidOperationException>()
                    .Which.Message.Should().StartWith("upgrade to TLS on ").And.Contain(" is not possible: ");
            }

            own.Tls.Should().BeNull();
            own.CloseReason.Should().Be(CloseReason.None);
            await finish();
        }
    }

    /// <summary>
    /// Somebody between the two puts a command behind the one that begins TLS, or an answer behind the one that permits it (CVE-2011-0411).
    /// </summary>
    [Theory]
    [InlineData("calls")]
    [InlineData("a pipe")]
    [InlineData("messages")]
    public async Task Bytes_that_somebody_has_put_in_front_of_the_handshake_are_refused_on_both_ends(string reader)
    {
        foreach (bool isClient in new[] { true, false })
        {
            using Ends ends = Connect();
            (StreamConnection own, StreamConnection peer) = isClient ? (ends.Client, ends.Accepted) : (ends.Accepted, ends.Client);
            await peer.SendAsync("STARTTLS\nRSET\n"u8.ToArray()).Within();
            switch (reader)
            {
                case "calls":
                    await own.ReceiveExactlyAsync(new byte[9]).Within();
                    break;
                case "a pipe":
                    PipeReader input = own.GetPipe().Input;
                    ReadResult read = await input.ReadAtLeastAsync(14).AsTask().Within();
                    input.AdvanceTo(read.Buffer.GetPosition(9));
                    break;
                default:
                    MessageChannel lines = own.GetMessages(MessageFraming.Lines);
                    (await lines.ReceiveAsync().Within())!.Value.Length.Should().Be(8);
                    break;
            }

            Exception? refused = await Expect.Failure(UpgradeOneAsync(own, isClient));

            refused.Should().BeAssignableTo<InvalidOperationException>();
            own.Tls.Should().BeNull();
        }
    }

    [Fact]
    public async Task A_second_upgrade_a_disposed_connection_and_missing_names_are_refused()
    {
        using Ends ends = Connect();
        Exception? nameless = Record.Exception(() => ends.Accepted.UpgradeToTls(ClientTls));
        Exception? none = Record.Exception(() => ends.Accepted.UpgradeToTls((TlsServerOptions)null!));
        Exception? noneAsync = Record.Exception(() => { _ = ends.Accepted.UpgradeToTlsAsync((TlsClientOptions)null!); });
        await UpgradeAsync(ends, CallShape.Async, CallShape.Async);

        Exception? second = await Expect.Failure(ends.Accepted.UpgradeToTlsAsync(ServerTls));
        await SayAsync(ends.Client, ends.Accepted, "still here");
        ends.Accepted.Dispose();
        Exception? disposed = await Expect.Failure(ends.Accepted.UpgradeToTlsAsync(ServerTls));

        nameless.Should().BeAssignableTo<ArgumentException>().Which.ParamName.Should().Be(nameof(TlsClientOptions.TargetHost));
        none.Should().BeOfType<ArgumentNullException>();
        noneAsync.Should().BeOfType<ArgumentNullException>();
        second.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("already");
        disposed.Should().BeOfType<ObjectDisposedException>();
    }

    [Fact]
    public async Task In_non_blocking_mode_the_blocking_upgrade_is_refused_and_the_other_one_works()
    {
        using Ends ends = Connect();
        ends.Client.Blocking = ends.Accepted.Blocking = false;

        Exception? client = Record.Exception(() => ends.Client.UpgradeToTls(NamedTls));
        Exception? server = Record.Exception(() => ends.Accepted.UpgradeToTls(ServerTls));
        await UpgradeAsync(ends, CallShape.Async, CallShape.Async);

        client.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("non-blocking");
        server.Should().BeOfType<InvalidOperationException>();
        await SayAsync(ends.Client, ends.Accepted, "hello");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_pipe_that_holds_nothing_goes_on_with_what_is_decrypted(CallShape shape)
    {
        using Ends ends = Connect();
        IDuplexPipe client = ends.Client.GetPipe();
        IDuplexPipe server = ends.Accepted.GetPipe();
        await PipeAsync(client, server, "STARTTLS");
        await PipeAsync(server, client, "go");

        await UpgradeAsync(ends, shape, shape);

        await PipeAsync(client, server, "hello");
        await PipeAsync(server, client, new string('x', 100_000));
        await client.Output.CompleteAsync();
        (await server.Input.ReadAsync().AsTask().Within()).IsCompleted.Should().BeTrue();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task Messages_that_hold_nothing_go_on_with_what_is_decrypted(CallShape shape)
    {
        using Ends ends = Connect();
        MessageChannel client = ends.Client.GetMessages(MessageFraming.Lines);
        MessageChannel server = ends.Accepted.GetMessages(MessageFraming.Lines);
        await MessageAsync(client, server, "STARTTLS");
        await MessageAsync(server, client, "go");

        await UpgradeAsync(ends, shape, shape);

        for (int i = 0; i < 20; i++)
        {
            await MessageAsync(client, server, $"hello {i}");
            await MessageAsync(server, client, new string('x', 1000));
        }

        await client.DisposeAsync();
        (await server.ReceiveAsync().Within()).Should().BeNull();
    }

    [Fact]
    public async Task A_stream_from_before_the_upgrade_carries_what_is_decrypted()
    {
        using Ends ends = Connect();
        await using Stream client = ends.Client.GetStream();
        await using Stream server = ends.Accepted.GetStream();
        await UpgradeAsync(ends, CallShape.Async, CallShape.Async);

        await client.WriteAsync("hello"u8.ToArray()).AsTask().Within();
        byte[] buffer = new byte[5];
        await server.ReadExactlyAsync(buffer).AsTask().Within();

        buffer.Should().Equal("hello"u8.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_fires_during_the_handshake_aborts_the_connection_and_one_that_fired_before_does_nothing(bool isClient)
    {
        using Ends ends = Connect();
        (StreamConnection own, StreamConnection peer) = isClient ? (ends.Client, ends.Accepted) : (ends.Accepted, ends.Client);
        using var source = new CancellationTokenSource();
        var fired = new CancellationToken(canceled: true);
        await Expect.Canceled(UpgradeOneAsync(own, isClient, fired), fired);
        await SayAsync(own, peer, "still plain");

        Task upgrading = UpgradeOneAsync(own, isClient, source.Token);
        upgrading.IsCompleted.Should().BeFalse();
        Task sending = own.SendAsync("never in plain text"u8.ToArray()).AsTask();
        Task receiving = own.ReceiveAsync(new byte[1]).AsTask();
        (await Expect.Failure(receiving)).Should().BeOfType<InvalidOperationException>()
            .Which.Message.Should().Contain("the TLS handshake is under way");
        await source.CancelAsync();

        await Expect.Canceled(upgrading, source.Token);
        (await Expect.Failure(upgrading))!.Message.Should().Contain(" on ").And.Contain(" ↔ ");
        own.CloseReason.Should().Be(CloseReason.LocalAbort);
        (await Expect.Failure(own.ReceiveAsync(new byte[1]).AsTask())).Should().BeOfType<ObjectDisposedException>()
            .Which.Message.Should().Contain("the connection was aborted during its TLS handshake");
        (await Expect.Failure(sending)).Should().NotBeNull();
        own.CloseReason.Should().NotBe(CloseReason.None);
        own.Tls.Should().BeNull();
        byte[] buffer = new byte[16 * 1024];
        int received = await ReceiveToEndAsync(peer, buffer);
        Encoding.ASCII.GetString(buffer, 0, received).Should().NotContain("plain");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_handshake_that_fails_aborts_the_connection(CallShape shape)
    {
        using Ends ends = Connect();
        TlsClientOptions wrong = ClientTls;
        wrong.TargetHost = "wrong.example";
        Task server = shape == CallShape.Blocking
            ? Limits.OnThread(() => ends.Accepted.UpgradeToTls(ServerTls))
            : ends.Accepted.UpgradeToTlsAsync(ServerTls);

        Task client = shape == CallShape.Blocking
            ? Limits.OnThread(() => ends.Client.UpgradeToTls(wrong))
            : ends.Client.UpgradeToTlsAsync(wrong);

        TlsException refused = (await Expect.Failure(client)).Should().BeOfType<TlsException>().Subject;
        refused.HostName.Should().Be("wrong.example");
        (ends.Client.CloseReason, ends.Client.Tls).Should().Be((CloseReason.Error, null));
        await Expect.Disposed(ends.Client.SendAsync(new byte[1]).AsTask());

        // With TLS 1.3 the server's handshake may be over before the client has checked its certificate.
        await Expect.Failure(server);
        (await Expect.Failure(ends.Accepted.ReceiveExactlyAsync(new byte[1]).AsTask())).Should().NotBeNull();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_handshake_has_its_own_time(CallShape shape)
    {
        using Ends ends = Connect();
        ends.Accepted.Timeout = Limits.Hang;
        TlsServerOptions options = ServerTls;
        options.HandshakeTimeout = TimeSpan.FromMilliseconds(100);

        Exception? late = await Expect.Failure(shape == CallShape.Blocking
            ? Limits.OnThread(() => ends.Accepted.UpgradeToTls(options))
            : ends.Accepted.UpgradeToTlsAsync(options));

        late.Should().BeOfType<TlsException>().Which.InnerException.Should().BeOfType<TimeoutException>();
        (late!.IsTimeout(), late!.IsDisconnect()).Should().Be((true, false));
        late!.Message.Should().NotContain("on  ↔").And.NotContain("↔  ");
        (await Expect.Failure(ends.Accepted.SendAsync(new byte[1]).AsTask()))!.Message.Should().Contain("its TLS handshake had failed");
        ends.Accepted.CloseReason.Should().Be(CloseReason.Error);
        await ReceiveToEndAsync(ends.Client, new byte[100]);
    }

    [Theory]
    [InlineData(CallShape.Blocking, true)]
    [InlineData(CallShape.Blocking, false)]
    [InlineData(CallShape.Async, true)]
    [InlineData(CallShape.Async, false)]
    public async Task A_dispose_of_either_side_during_the_handshake_ends_it(CallShape shape, bool own)
    {
        using Ends ends = Connect();
        Task upgrading = shape == CallShape.Blocking
            ? Limits.OnThread(() => ends.Client.UpgradeToTls(NamedTls))
            : ends.Client.UpgradeToTlsAsync(NamedTls);
        await ends.Accepted.ReceiveExactlyAsync(new byte[100]).Within();

        (own ? ends.Client : ends.Accepted).Dispose();

        (await Expect.Failure(upgrading)).Should().BeOfType(own ? typeof(ObjectDisposedException) : typeof(TlsException));
        ends.Client.CloseReason.Should().NotBe(CloseReason.None);
    }

    private Ends Connect(int? bufferSize = null)
    {
        (StreamConnection client, StreamConnection accepted) = new TTransport().Connect(Engine, bufferSize);
        return new Ends(client, accepted);
    }

    private static Task UpgradeOneAsync(StreamConnection connection, bool isClient, CancellationToken cancellationToken = default) =>
        isClient ? connection.UpgradeToTlsAsync(NamedTls, cancellationToken) : connection.UpgradeToTlsAsync(ServerTls, cancellationToken);

    private static void UpgradeOne(StreamConnection connection, bool isClient)
    {
        if (isClient)
        {
            connection.UpgradeToTls(NamedTls);
        }
        else
        {
            connection.UpgradeToTls(ServerTls);
        }
    }

    private static async Task UpgradeAsync(Ends ends, CallShape client, CallShape server)
    {
        Task one = server == CallShape.Async
            ? ends.Accepted.UpgradeToTlsAsync(ServerTls)
            : Limits.OnThread(() => ends.Accepted.UpgradeToTls(ServerTls));
        Task other = client == CallShape.Async
            ? ends.Client.UpgradeToTlsAsync(NamedTls)
            : Limits.OnThread(() => ends.Client.UpgradeToTls(NamedTls));
        await Task.WhenAll(one, other).Within();
    }

    /// <summary>Brings a connection into a state in which it cannot be upgraded. What is returned shows that it is still in it.</summary>
    private static async Task<Func<Task>> BringAsync(string what, StreamConnection own, StreamConnection peer)
    {
        byte[] buffer = new byte[16];
        switch (what)
        {
            case "a receive":
                Task<int> receiving = own.ReceiveAsync(buffer).AsTask();
                return async () =>
                {
                    await peer.SendAsync("x"u8.ToArray()).Within();
                    (await receiving.Within()).Should().Be(1);
                    await SayAsync(own, peer, "plain");
                };
            case "a send":
                byte[] large = Payload.Of(4 * 1024 * 1024);
                Task sending = own.SendAsync(large).AsTask();
                sending.IsCompleted.Should().BeFalse();
                return async () =>
                {
                    byte[] all = new byte[large.Length];
                    await peer.ReceiveExactlyAsync(all).Within();
                    await sending.Within();
                    all.Should().Equal(large);
                };
            case "unread bytes":
                await peer.SendAsync("abc"u8.ToArray()).Within();
                own.WaitReadable(Limits.Hang).Should().BeTrue();
                return async () =>
                {
                    (await own.ReceiveAsync(buffer).Within()).Should().Be(3);
                    await SayAsync(own, peer, "plain");
                };
            case "a pipe with a read under way":
                Task<ReadResult> reading = own.GetPipe().Input.ReadAsync().AsTask();
                return async () =>
                {
                    await peer.SendAsync("abc"u8.ToArray()).Within();
                    (await reading.Within()).Buffer.Length.Should().Be(3);
                };
            case "a pipe with bytes that were not consumed":
                PipeReader input = own.GetPipe().Input;
                await peer.SendAsync("abc"u8.ToArray()).Within();
                ReadResult read = await input.ReadAtLeastAsync(3).AsTask().Within();
                input.AdvanceTo(read.Buffer.GetPosition(1));
                return async () =>
                {
                    (await input.ReadAsync().AsTask().Within()).Buffer.ToArray().Should().Equal("bc"u8.ToArray());
                };
            case "a pipe with bytes that were not flushed":
                PipeWriter output = own.GetPipe().Output;
                output.Write("abc"u8);
                return async () =>
                {
                    await output.FlushAsync().AsTask().Within();
                    await peer.ReceiveExactlyAsync(buffer.AsMemory(0, 3)).Within();
                };
            case "a pipe whose output is complete":
                await own.GetPipe().Output.CompleteAsync();
                return async () => (await peer.ReceiveAsync(buffer).Within()).Should().Be(0);
            case "messages with a receive under way":
                Task<ReadOnlySequence<byte>?> message = own.GetMessages(MessageFraming.Lines).ReceiveAsync().AsTask();
                return async () =>
                {
                    await peer.SendAsync("abc\n"u8.ToArray()).Within();
                    (await message.Within())!.Value.Length.Should().Be(3);
                };
            case "its sending half shut":
                own.ShutdownSend();
                return async () =>
                {
                    (await peer.ReceiveAsync(buffer).Within()).Should().Be(0);
                    await SayAsync(peer, own, "plain");
                };
            case "messages with one left":
                MessageChannel lines = own.GetMessages(MessageFraming.Lines);
                await peer.SendAsync("a\nbc\n"u8.ToArray()).Within();
                await Eventually.BeTrueAsync(() => own.Channel.UnreadBytes == 5, "both are there");
                (await lines.ReceiveAsync().Within())!.Value.Length.Should().Be(1);
                return async () => (await lines.ReceiveAsync().Within())!.Value.Length.Should().Be(2);
            default:
                MessageChannel messages = own.GetMessages(MessageFraming.Lines, new MessageOptions { MaxMessageSize = 8 * 1024 * 1024 });
                Task one = messages.SendAsync(new byte[4 * 1024 * 1024]).AsTask();
                one.IsCompleted.Should().BeFalse();
                return async () =>
                {
                    await peer.ReceiveExactlyAsync(new byte[(4 * 1024 * 1024) + 1]).Within();
                    await one.Within();
                };
        }
    }

    private static async Task<int> ReceiveToEndAsync(StreamConnection connection, byte[] buffer)
    {
        int total = 0;
        try
        {
            int received;
            while ((received = await connection.ReceiveAsync(buffer.AsMemory(total)).Within()) > 0)
            {
                total += received;
            }
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            // A reset is an end, too.
        }

        return total;
    }
}

public sealed class UpgradeTests_Portable : UpgradeTests<PortableUnderTest, OverTcp>;

public sealed class UpgradeTests_Epoll : UpgradeTests<EpollUnderTest, OverTcp>;

public sealed class UpgradeTests_PortableUnix : UpgradeTests<PortableUnderTest, OverUnix>;

public sealed class UpgradeTests_EpollUnix : UpgradeTests<EpollUnderTest, OverUnix>;

public sealed class UpgradeTests_PortableWrapped : UpgradeTests<WrappedUnderTest<PortableUnderTest>, OverTcp>;
public sealed class UpgradeTests_EpollWrapped : UpgradeTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
