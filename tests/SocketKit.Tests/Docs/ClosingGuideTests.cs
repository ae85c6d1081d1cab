using System.Net.Sockets;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/closing.md, run.</summary>
public sealed class ClosingGuideTests : IDisposable
{
    private readonly TcpConnection _client;
    private readonly TcpConnection _server;

    public ClosingGuideTests() => (_client, _server) = TcpConnection.CreatePair();

    [Fact]
    public async Task A_client_that_is_refused_while_it_sends_reads_the_refusal_and_the_end()
    {
        Task refusing = RefuseAndClose();
        byte[] answer = new byte[9];
        await _client.ReceiveExactlyAsync(answer).Within();
        await _client.SendAsync(new byte[200_000]).Within();
        (await _client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        _client.ShutdownSend();

        await refusing.Within();

        answer.Should().Equal("too long\n"u8.ToArray());
        _client.CloseReason.Should().Be(CloseReason.PeerFinished);

        async Task RefuseAndClose()
        {
            await ClosingSnippets.Refuse(_server, new byte[4096], CancellationToken.None);
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_client_whose_line_is_too_long_reads_why_and_the_end()
    {
        const string Expected = "ok\nerror: a line has at most 1000 bytes\n";
        using var log = new LogRecorder();
        using TcpServer server = TcpServer.Listen("localhost", 0, new TcpServerOptions { LoggerFactory = log });
        Task serving = server.ServeAsync(ClosingSnippets.RefuseMessage);
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        await client.SendAsync($"hello\n{new string('x', 1001)}\nand ").Within();
        byte[] answer = new byte[Expected.Length];

        await client.ReceiveExactlyAsync(answer).Within();
        await client.SendAsync("more\n").Within();
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        client.ShutdownSend();

        Encoding.UTF8.GetString(answer).Should().Be(Expected);
        client.CloseReason.Should().Be(CloseReason.PeerFinished);
        await EndAsync(server, serving, log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_is_refused_and_does_not_finish_is_no_failure_of_the_handler(bool asMessages)
    {
        using var log = new LogRecorder();
        using var limit = new CancellationTokenSource();
        using TcpServer server = TcpServer.Listen("localhost", 0, new TcpServerOptions { LoggerFactory = log });
        Task serving = server.ServeAsync((connection, _) => asMessages
            ? ClosingSnippets.RefuseMessage(connection, limit.Token)
            : ClosingSnippets.Refuse(connection, new byte[1000], limit.Token));
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        await client.SendAsync($"{new string('x', 1001)}\n").Within();
        byte[] answer = new byte[100];
        while (await client.ReceiveAsync(answer).Within() > 0)
        {
            // What it is told.
        }

        // As the five seconds do.
        await limit.CancelAsync();

        await EndAsync(server, serving, log);
    }

    [Fact]
    public async Task The_end_of_sending_is_the_end_of_the_request_and_the_answer_comes_back()
    {
        Task<byte[]> asking = ClosingSnippets.Ask(_client, new byte[100_000], CancellationToken.None);

        await ClosingSnippets.Answer(_server, new byte[1000], CancellationToken.None).Within();
        _server.Dispose();

        Encoding.UTF8.GetString(await asking.Within()).Should().Be("100000 bytes");
    }

    [Fact]
    public async Task A_peer_that_has_gone_is_told_from_other_failures()
    {
        _server.Abort();
        _client.WaitReadable(Limits.Hang).Should().BeTrue("the reset has come");
        await ClosingSnippets.SendToPeerThatMayBeGone(_client, new byte[1], CancellationToken.None).Within();
        _client.CloseReason.Should().Be(CloseReason.PeerReset);

        _client.Dispose();
        Func<Task> own = () => ClosingSnippets.SendToPeerThatMayBeGone(_client, new byte[1], CancellationToken.None).Within();
        await own.Should().ThrowAsync<ObjectDisposedException>("this side has closed it");
    }

    [Fact]
    public void What_this_side_did_is_no_disconnect()
    {
        _client.ShutdownSend();

        Action send = () => _client.Send("x");

        send.Should().Throw<SocketOperationException>().Where(static exception =>
            exception.SocketErrorCode == SocketError.Shutdown && !exception.IsDisconnect());
    }

    [Fact]
    public async Task Work_ends_when_nobody_waits_for_it_any_more()
    {
        Task working = ClosingSnippets.WorkWhileSomebodyWaits(
            _server,
            static async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return string.Empty;
            },
            CancellationToken.None);

        _client.Dispose();

        await ((Func<Task>)(() => working.Within())).Should().ThrowAsync<OperationCanceledException>();
        _server.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task The_result_is_sent_while_somebody_waits()
    {
        await ClosingSnippets.WorkWhileSomebodyWaits(_server, static _ => Task.FromResult("done"), CancellationToken.None).Within();

        byte[] result = new byte[4];
        await _client.ReceiveExactlyAsync(result).Within();
        result.Should().Equal("done"u8.ToArray());
    }

    [Fact]
    public async Task A_record_is_stored_when_the_answer_has_come()
    {
        Task<byte> storing = ClosingSnippets.Store(_client, [1, 2, 3], CancellationToken.None);
        await _server.ReceiveExactlyAsync(new byte[3]).Within();
        storing.IsCompleted.Should().BeFalse("the server has the record, and has not stored it yet");

        await _server.SendAsync(new byte[] { 7 }).Within();

        (await storing.Within()).Should().Be(7);
    }

    [Fact]
    public async Task Forwarding_passes_half_closes_on()
    {
        await using TcpServer target = TcpServer.Listen("localhost", 0);
        Task<(long There, long Back)> forwarding = ClosingSnippets.Forward(_server, "localhost", target.Port, CancellationToken.None);
        using TcpConnection accepted = await target.AcceptAsync(Limits.Hang);

        Task<byte[]> asking = ClosingSnippets.Ask(_client, new byte[5], CancellationToken.None);
        await ClosingSnippets.Answer(accepted, new byte[10], CancellationToken.None).Within();
        accepted.ShutdownSend();

        (await forwarding.Within()).Should().Be((5, 7));
        _server.Dispose();
        (await asking.Within()).Should().Equal("5 bytes"u8.ToArray());
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task A_target_that_resets_or_refuses_is_no_failure_of_a_forwarder_whose_options_say_so(bool saySo, int expected)
    {
        int failures = 0;
        TcpServerOptions options = saySo ? ClosingSnippets.OfForwarder() : new TcpServerOptions();
        options.HandlerFailed = (_, _) => Interlocked.Increment(ref failures);
        using var refusing = new ClosedPort();
        using TcpServer target = TcpServer.Listen("localhost", 0);
        using TcpServer server = TcpServer.Listen("localhost", 0, options);
        int port = target.Port;
        Task serving = server.ServeAsync((connection, token) => ClosingSnippets.Forward(connection, "localhost", port, token));

        using (TcpClient client = TcpClient.Connect("localhost", server.Port))
        {
            (await target.AcceptAsync(Limits.Hang)).Abort();
            await ResetOf(() => client.ReceiveAsync(new byte[1]).Within());
        }

        port = refusing.EndPoint.Port;

        // The forwarder may be so quick that the connect sees the reset.
        await ResetOf(async () =>
        {
            using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port);
            await client.ReceiveAsync(new byte[1]).Within();
        });

        await server.StopAsync().Within();
        await serving.Within();
        failures.Should().Be(expected);

        static async Task ResetOf(Func<Task> exchange) => await exchange.Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public void Options_for_vanished_peers_are_those_of_the_connection()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        TcpClientOptions options = ClosingSnippets.FindVanishedPeers();

        using TcpClient client = TcpClient.Connect("localhost", server.Port, options);

        client.KeepAlive.Should().Be(new TcpKeepAlive(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), 4));
        client.UserTimeout.Should().Be(OperatingSystem.IsLinux() ? TimeSpan.FromSeconds(40) : null);
    }

    [Fact]
    public async Task A_message_that_was_sent_only_in_part_makes_Dispose_a_reset()
    {
        _server.SendTimeout = TimeSpan.FromMilliseconds(20);
        Action send = () => _server.Send(new byte[20_000_000]);
        send.Should().Throw<SocketTimeoutException>();

        _server.Dispose();

        Func<Task> read = () => _client.GetStream(leaveOpen: true).CopyToAsync(Stream.Null).Within();
        (await read.Should().ThrowAsync<IOException>()).Where(static exception => exception.IsDisconnect());
    }

    /// <summary>The handler ends, and there is nothing above Debug in the log.</summary>
    private static async Task EndAsync(TcpServer server, Task serving, LogRecorder log)
    {
        await Eventually.BeTrueAsync(
            () => server.GetStatistics() is { AcceptedTotal: 1, ActiveConnections: 0 }, "the handler has ended before the stop");
        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().BeEmpty();
    }

    public void Dispose()
    {
        _client.Abort();
        _server.Abort();
    }
}
