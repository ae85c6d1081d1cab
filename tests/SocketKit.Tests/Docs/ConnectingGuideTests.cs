using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/connecting.md, run.</summary>
public sealed class ConnectingGuideTests
{
    [Fact]
    public async Task A_result_has_a_client_that_sends()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);

        ConnectResult result = await ConnectingSnippets.Result(server.Port).Within();

        result.IsConnected.Should().BeTrue();
        using TcpConnection accepted = server.Accept();
        byte[] hello = new byte[5];
        await accepted.ReceiveExactlyAsync(hello).Within();
        hello.Should().Equal("hello"u8.ToArray());
    }

    [Fact]
    public async Task A_result_has_the_error_where_nobody_listens()
    {
        using var closed = new ClosedPort();

        ConnectResult result = await ConnectingSnippets.Result(closed.EndPoint.Port).Within();

        result.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        result.Error.Should().BeOfType<SocketConnectException>();
        result.Attempts.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_connect_with_rounds_succeeds_where_somebody_listens_and_ends_with_its_token()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        await ConnectingSnippets.Retry(server.Port, CancellationToken.None).Within();

        using var closed = new ClosedPort();
        using var source = new CancellationTokenSource();
        Task retrying = ConnectingSnippets.Retry(closed.EndPoint.Port, source.Token);
        await source.CancelAsync();
        await ((Func<Task>)(() => retrying.Within())).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_client_that_is_kept_connected_comes_back_until_its_token_fires()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);
        using var source = new CancellationTokenSource();
        Task keeping = ConnectingSnippets.Keep(server.Port, source.Token);
        for (int i = 0; i < 2; i++)
        {
            using TcpConnection connection = await server.AcceptAsync(Limits.Hang);
            await connection.SendAsync("a line\n").Within();
        }

        await source.CancelAsync();

        await keeping.Within();
    }
}
