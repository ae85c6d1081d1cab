using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/timeouts.md, run.</summary>
public sealed class TimeoutsGuideTests : IDisposable
{
    private readonly TcpConnection _client;
    private readonly TcpConnection _peer;

    public TimeoutsGuideTests() => (_client, _peer) = TcpConnection.CreatePair();

    [Fact]
    public async Task A_receive_that_times_out_takes_nothing_and_the_client_stays_usable()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        using TcpConnection accepted = server.Accept();

        // Five seconds are long for a test, so here the answer comes in time.
        accepted.Send("late");
        byte[] buffer = new byte[4];
        await Limits.OnThread(() => TimeoutsSnippets.Deadline(client, buffer)).Within();

        buffer.Should().Equal("late"u8.ToArray());
        client.Timeout.Should().Be(TimeSpan.FromSeconds(5));
        Action receive = () => client.Receive(buffer, TimeSpan.FromMilliseconds(1));
        receive.Should().Throw<SocketTimeoutException>().Which.Should().Match<SocketTimeoutException>(
            static exception => exception.Operation == "receive" && exception.BytesTransferred == 0 && exception.IsTimeout());
        accepted.Send("more");
        client.Receive(buffer).Should().BePositive();
    }

    [Fact]
    public async Task The_loop_for_slow_peers_sends_everything()
    {
        byte[] data = new byte[20_000_000];
        Task<int> sending = Limits.OnThread(() => TimeoutsSnippets.SendToSlowPeer(_client, data));

        await _peer.ReceiveExactlyAsync(new byte[data.Length]).Within();

        (await sending.Within()).Should().Be(data.Length);
        _client.SendTimeout.Should().Be(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_send_that_times_out_says_how_much_the_kernel_has_and_the_rest_completes_it()
    {
        byte[] data = new byte[20_000_000];
        _client.SendTimeout = TimeSpan.FromMilliseconds(20);
        Action send = () => _client.Send(data);

        long sent = send.Should().Throw<SocketTimeoutException>().Which.BytesTransferred;

        sent.Should().BeInRange(1, data.Length - 1);
        _client.BytesSent.Should().Be(sent);
    }

    [Fact]
    public void One_limit_covers_both_parts_of_a_message()
    {
        _client.Send([0, 3, 1, 2, 3]);
        TimeoutsSnippets.OneLimit(_peer, Limits.Hang).Should().Equal(1, 2, 3);

        _client.Send([0, 3, 1]);
        Action cut = () => TimeoutsSnippets.OneLimit(_peer, TimeSpan.FromMilliseconds(50));
        cut.Should().Throw<SocketTimeoutException>();
    }

    [Fact]
    public async Task Messages_come_back_whole_and_an_end_between_two_of_them_is_no_error()
    {
        Task echoing = TimeoutsSnippets.EchoMessages(_peer, CancellationToken.None);
        byte[] message = [0, 0, 0, 2, 7, 8];
        foreach (byte part in message)
        {
            await _client.SendAsync(new[] { part }).Within();
        }

        byte[] answer = new byte[message.Length];
        await _client.ReceiveExactlyAsync(answer).Within();
        _client.ShutdownSend();

        await echoing.Within();
        answer.Should().Equal(message);
    }

    [Fact]
    public async Task A_message_that_is_too_long_and_one_that_ends_inside_are_errors()
    {
        _client.Send([0xFF, 0, 0, 0]);
        await ((Func<Task>)(() => TimeoutsSnippets.EchoMessages(_peer, CancellationToken.None).Within()))
            .Should().ThrowAsync<InvalidDataException>();

        _client.Send([0, 0]);
        _client.ShutdownSend();
        await ((Func<Task>)(() => TimeoutsSnippets.EchoMessages(_peer, CancellationToken.None).Within()))
            .Should().ThrowAsync<EndOfStreamException>();
    }

    [Fact]
    public async Task One_thread_serves_clients_that_talk_finish_and_reset()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = Limits.OnThread(() => TimeoutsSnippets.ManySockets(server, new byte[64], stop.Token));
        using TcpClient first = TcpClient.Connect("localhost", server.Port);
        using TcpClient second = TcpClient.Connect("localhost", server.Port);
        byte[] answer = new byte[2];
        foreach (TcpClient client in (TcpClient[])[first, second])
        {
            client.Send("ab"u8);
            await client.ReceiveExactlyAsync(answer).Within();
            answer.Should().Equal("ab"u8.ToArray());
        }

        first.Abort();
        second.ShutdownSend();
        (await second.ReceiveAsync(answer).Within()).Should().Be(0, "the server has closed the connection");
        serving.IsCompleted.Should().BeFalse();
        await stop.CancelAsync();
        await serving.Within();
    }

    [Fact]
    public async Task The_main_loop_goes_round_until_something_arrives()
    {
        int frames = 0;
        byte[] buffer = new byte[8];
        Task<int> looping = Limits.OnThread(() => TimeoutsSnippets.MainLoop(_peer, buffer, ref frames));
        await Eventually.BeTrueAsync(() => Volatile.Read(ref frames) >= 2, "nothing has arrived, and the loop goes on");

        await _client.SendAsync("now").Within();

        (await looping.Within()).Should().Be(3);
    }

    [Fact]
    public async Task A_buffer_is_rented_when_something_is_there()
    {
        Task<byte[]> receiving = TimeoutsSnippets.BufferWhenNeeded(_peer, CancellationToken.None);
        receiving.IsCompleted.Should().BeFalse();

        await _client.SendAsync("here").Within();

        (await receiving.Within()).Should().Equal("here"u8.ToArray());
    }

    [Fact]
    public void Server_options_are_the_time_outs_of_its_accepts_and_of_its_connections()
    {
        TcpClient? client = null;
        (TimeSpan Accept, TimeSpan Receive, TimeSpan Send) timeouts = TimeoutsSnippets.Server(0, server =>
        {
            client = TcpClient.Connect("localhost", server.Port);
            return server.Accept();
        });

        client!.Dispose();
        timeouts.Should().Be((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_token_leaves_a_receive_usable_and_ends_the_connection_of_a_send_that_is_halfway()
    {
        using var source = new CancellationTokenSource();
        Task<int> receive = _client.ReceiveAsync(new byte[1], source.Token).AsTask();
        Task send = _peer.SendAsync(new byte[20_000_000], source.Token).AsTask();
        _client.WaitReadable(Limits.Hang).Should().BeTrue("the send has begun");
        await receive.Within();

        await source.CancelAsync();

        await ((Func<Task>)(() => send.Within())).Should().ThrowAsync<OperationCanceledException>();
        Action later = () => _peer.Send("x");
        later.Should().Throw<ObjectDisposedException>().WithMessage("*a cancelled send left part of its message*");
        _peer.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    public void Dispose()
    {
        _client.Abort();
        _peer.Abort();
    }
}
