using System.IO.Pipelines;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/pipes.md, run.</summary>
public sealed class PipesGuideTests
{
    [Fact]
    public async Task The_server_answers_every_line_however_it_is_split()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = PipesSnippets.Serve(server, stop.Token);
        using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port);

        await client.SendAsync("one\ntw").AsTask().Within();
        byte[] first = new byte[5];
        await client.ReceiveExactlyAsync(first).Within();
        await client.SendAsync("o\nhalf").AsTask().Within();
        client.ShutdownSend();
        byte[] second = new byte[5];
        await client.ReceiveExactlyAsync(second).Within();

        Encoding.UTF8.GetString([.. first, .. second]).Should().Be("one!\ntwo!\n");
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0, "the server has half-closed");
        await stop.CancelAsync();
        await ((Func<Task>)(() => serving.Within())).Should().NotThrowAsync<TimeoutException>();
    }

    [Fact]
    public async Task A_question_with_its_length_in_front_gets_an_answer()
    {
        (TcpConnection client, TcpConnection server) = TcpConnection.CreatePair();
        using TcpConnection first = client;
        using TcpConnection second = server;
        Task<byte[]> asking = PipesSnippets.Ask(client, "why"u8.ToArray(), CancellationToken.None);

        byte[] question = new byte[7];
        await server.ReceiveExactlyAsync(question).Within();
        question.Should().Equal([0, 0, 0, 3, .. "why"u8]);
        await server.SendAsync(new byte[] { 0, 0, 0, 2, 1 }).AsTask().Within();
        asking.IsCompleted.Should().BeFalse();
        await server.SendAsync(new byte[] { 2 }).AsTask().Within();

        (await asking.Within()).Should().Equal(1, 2);
    }

    [Fact]
    public async Task An_answer_that_is_too_long_is_refused_before_it_is_read()
    {
        (TcpConnection client, TcpConnection server) = TcpConnection.CreatePair();
        using TcpConnection first = client;
        using TcpConnection second = server;
        Task<byte[]> asking = PipesSnippets.Ask(client, [], CancellationToken.None);
        await server.SendAsync(new byte[] { 0x7F, 0, 0, 0 }).AsTask().Within();

        await ((Func<Task>)(() => asking.Within())).Should().ThrowAsync<InvalidDataException>();
    }

    [Fact]
    public async Task A_read_that_waits_is_woken_and_a_failure_aborts()
    {
        (TcpConnection client, TcpConnection server) = TcpConnection.CreatePair();
        using TcpConnection first = client;
        using TcpConnection second = server;
        IDuplexPipe pipe = server.GetPipe();

        (await PipesSnippets.Wake(pipe.Input).Within()).Should().BeTrue();
        await PipesSnippets.Fail(pipe).Within();

        server.CloseReason.Should().Be(CloseReason.LocalAbort);
        await ((Func<Task>)(async () => await client.ReceiveAsync(new byte[1]).Within())).Should().ThrowAsync<SocketOperationException>();
    }
}
