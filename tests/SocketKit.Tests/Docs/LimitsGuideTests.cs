using System.Net;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/limits.md, run.</summary>
public sealed class LimitsGuideTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocked_address_is_refused_and_every_other_one_is_served(bool isBlocked)
    {
        HashSet<IPAddress> blocked = isBlocked ? [IPAddress.Loopback] : [];
        await LimitsSnippets.Limit(0, blocked, async server =>
        {
            Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("x"u8.ToArray(), token).AsTask());

            // The reset may overtake the connect's own return.
            using TcpClient? client = TcpClient.TryConnect("127.0.0.1", server.Port).Client;
            Exception? refusal = await Record.ExceptionAsync(() => client?.ReceiveAsync(new byte[1]).Within() ?? Task.CompletedTask);

            await Eventually.BeTrueAsync(() => server.GetStatistics().RejectedTotal + server.GetStatistics().AcceptedTotal == 1, "it came");
            server.GetStatistics().RejectedTotal.Should().Be(isBlocked ? 1 : 0);
            (refusal is null || isBlocked).Should().BeTrue();
            await server.StopAsync().Within();
            await serving.Within();
        });
    }

    [Fact]
    public void The_defaults_that_may_end_an_honest_client_are_those_of_the_table()
    {
        var server = new TcpServerOptions();
        var messages = new MessageOptions();

        server.FirstByteTimeout.Should().Be(TimeSpan.FromSeconds(30));
        server.IdleTimeout.Should().Be(Timeout.InfiniteTimeSpan);
        server.SendStallTimeout.Should().Be(TimeSpan.FromSeconds(30));
        server.DrainTimeout.Should().Be(TimeSpan.FromSeconds(5));
        TcpKeepAlive keepAlive = server.KeepAlive!.Value;
        (keepAlive.Idle + (keepAlive.Interval * keepAlive.Probes)).Should().Be(TimeSpan.FromSeconds(120));
        new TcpClientOptions().KeepAlive.Should().Be(keepAlive);
        messages.MinimumRate.Should().Be(240);
        messages.MessageTimeout.Should().Be(Timeout.InfiniteTimeSpan);
        messages.MaxEmptyMessages.Should().Be(1000);
        MessageFraming.Lines.DefaultMaxMessageSize.Should().Be(8 * 1024);
        MessageFraming.Delimiter("x"u8).DefaultMaxMessageSize.Should().Be(8 * 1024);
        MessageFraming.LengthPrefix().DefaultMaxMessageSize.Should().Be(1024 * 1024);
        MessageFraming.VarInt.DefaultMaxMessageSize.Should().Be(1024 * 1024);
    }

    [Fact]
    public async Task A_request_is_answered_and_a_connection_without_one_ends_with_the_server()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        Task serving = LimitsSnippets.Answer(server, 3, static request => Task.FromResult((byte[])[.. request.Reverse()]));
        using TcpClient busy = TcpClient.Connect("localhost", server.Port);
        using TcpClient idle = TcpClient.Connect("localhost", server.Port);
        busy.Send("abc"u8);
        byte[] answer = new byte[3];

        await busy.ReceiveExactlyAsync(answer).Within();
        answer.Should().Equal("cba"u8.ToArray());
        await Eventually.BeTrueAsync(() => server.GetStatistics().AcceptedTotal == 2, "both are served");
        await server.StopAsync().Within();
        await serving.Within();
        (await idle.ReceiveAsync(answer).Within()).Should().Be(0);
    }

    [Fact]
    public async Task News_skip_a_client_that_has_not_taken_the_last_ones()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient slow = TcpClient.Connect("localhost", server.Port);
        await Eventually.BeTrueAsync(() => server.ConnectionCount == 1, "the slow client is served");
        TcpConnection behind = server.Connections.Single();
        byte[] news = new byte[16 * 1024 * 1024];
        LimitsSnippets.Send(server, news);
        await Eventually.BeTrueAsync(() => behind.QueuedBytes > 0, "it does not read");
        using TcpClient reader = TcpClient.Connect("localhost", server.Port);
        await Eventually.BeTrueAsync(() => server.ConnectionCount == 2, "the reader is served");

        Task reading = reader.ReceiveExactlyAsync(new byte[news.Length]).AsTask();
        LimitsSnippets.Send(server, news);

        await reading.Within();
        behind.QueuedBytes.Should().BeLessThanOrEqualTo(news.Length);
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Fact]
    public async Task The_report_says_what_has_happened()
    {
        var lines = new List<string>();
        using TcpServer server = TcpServer.Listen("localhost", 0);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[3];
            while (await connection.ReceiveAsync(buffer, token) > 0)
            {
                await connection.SendAsync("y"u8.ToArray(), token);
            }
        });
        using (TcpClient client = TcpClient.Connect("localhost", server.Port))
        {
            client.Send("abc"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        await Eventually.BeTrueAsync(() => server.GetStatistics().ClosedTotal[CloseReason.PeerFinished] == 1, "the client has left");
        LimitsSnippets.Report(server, lines.Add);

        lines.Should().Equal(
            "0 active, 1 accepted, 0 rejected", "3 bytes received, 1 sent", "0 times accept(2) has failed", "1 × PeerFinished");
        await server.StopAsync().Within();
        await serving.Within();
    }
}
