using System.Buffers;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>
/// A token of the caller's whose other callbacks throw ends each call that waits, and whoever cancels is told what they threw.
/// </summary>
[Collection(Serial.Name)]
public abstract class TokenFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public Task Every_receive_of_a_stream_is_cancelled_and_the_next_one_gets_the_data() => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[4];
        await using Stream stream = pair.Accepted.GetStream(leaveOpen: true);
        await IsCancelled(token => pair.Accepted.ReceiveAsync(buffer, token).AsTask());
        await IsCancelled(token => pair.Accepted.ReceiveExactlyAsync(buffer, token).AsTask());
        await IsCancelled(token => pair.Accepted.PeekAsync(buffer, token).AsTask());
        await IsCancelled(token => pair.Accepted.ReceiveAsync(buffer, Limits.Hang, token).AsTask());
        await IsCancelled(token => pair.Accepted.ReceiveExactlyAsync(buffer, Limits.Hang, token).AsTask());
        await IsCancelled(token => pair.Accepted.TryReceiveExactlyAsync(buffer, token).AsTask());
        await IsCancelled(token => pair.Accepted.TryReceiveExactlyAsync(buffer, Limits.Hang, token).AsTask());
        await IsCancelled(async token => await StreamConnection.RelayAsync(pair.Accepted, pair.Client, token));
        await IsCancelled(token => pair.Accepted.WaitReadableAsync(token).AsTask());
        await IsCancelled(token => stream.ReadAsync(buffer, token).AsTask());

        pair.Client.Send("data"u8);
        await pair.Accepted.ReceiveExactlyAsync(buffer).Within();
    });

    [Fact]
    public Task Every_send_that_queues_is_cancelled_and_the_next_one_goes_out() => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = "never"u8.ToArray();
        await using Stream stream = pair.Accepted.GetStream(leaveOpen: true);
        using var file = File.OpenHandle(typeof(TokenFaultTests<>).Assembly.Location);
        Task first = pair.Accepted.SendAsync(new byte[8 * 1024 * 1024]).AsTask();
        first.IsCompleted.Should().BeFalse("or the kernel is not full");
        await IsCancelled(token => pair.Accepted.SendAsync(data, token).AsTask());
        await IsCancelled(token => pair.Accepted.SendAsync("never", token).AsTask());
        await IsCancelled(token => pair.Accepted.SendAsync(data, data, token).AsTask());
        await IsCancelled(token => pair.Accepted.WaitWritableAsync(token).AsTask());
        await IsCancelled(token => pair.Accepted.SendAsync(Segments.Of(data, data), token).AsTask());
        await IsCancelled(token => pair.Accepted.SendFileAsync(file, cancellationToken: token).AsTask());
        await IsCancelled(token => stream.WriteAsync(data, token).AsTask());

        Task<byte[]> read = pair.Client.ReadToEnd();
        await first.Within();
        await pair.Accepted.SendAsync("next"u8.ToArray()).Within();
        pair.Accepted.ShutdownSend();
        (await read.Within()).Length.Should().Be((8 * 1024 * 1024) + 4);
    });

    [Fact]
    public Task Every_accept_is_cancelled_and_the_next_one_gets_the_client() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        await IsCancelled(token => server.AcceptAsync(token).AsTask());
        await IsCancelled(token => server.AcceptAsync(Limits.Hang, token).AsTask());
        await IsCancelled(async token =>
        {
            await foreach (TcpConnection connection in server.AcceptAllAsync(token))
            {
                connection.Dispose();
            }
        });

        using TcpClient client = Connect(server);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    });

    [Fact]
    public Task What_the_consumer_of_AcceptAllAsync_throws_comes_out_and_the_server_accepts_on() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        for (int i = 0; i < 2; i++)
        {
            using TcpClient client = Connect(server);
            Exception? failure = await NothingLeft.FailureOf(async () =>
            {
                await foreach (TcpConnection connection in server.AcceptAllAsync())
                {
                    connection.Dispose();
                    throw NothingLeft.Thrown();
                }
            });

            failure.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Be(NothingLeft.Fault);
        }
    });

    [Fact]
    public Task Every_receive_of_a_datagram_endpoint_is_cancelled_and_the_next_one_gets_the_datagram() => NothingLeft.AfterAsync(async () =>
    {
        var options = new UdpEndpointOptions { Engine = Engine };
        using var server = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        using var client = UdpEndpoint.Connect("127.0.0.1", server.Port, options);
        server.ConnectTo(client.LocalEndPoint);
        byte[] buffer = new byte[4];
        await IsCancelled(token => server.ReceiveAsync(buffer, token).AsTask());
        await IsCancelled(token => server.ReceiveFromAsync(buffer, token).AsTask());
        await IsCancelled(token => server.ReceiveAsync(buffer, Limits.Hang, token).AsTask());
        await IsCancelled(token => server.ReceiveFromAsync(buffer, Limits.Hang, token).AsTask());
        await IsCancelled(token => server.ReceiveFromAsync(buffer, client.LocalEndPoint.Serialize(), token).AsTask());
        await IsCancelled(token => server.WaitReadableAsync(token).AsTask());
        await IsCancelled(async token =>
        {
            await foreach (OwnedDatagram datagram in server.ReceiveAllAsync(token))
            {
                datagram.Dispose();
            }
        });

        await client.SendAsync("x"u8.ToArray()).Within();
        (await server.ReceiveFromAsync(buffer).Within()).Length.Should().Be(1);
    });

    [LinuxFact]
    public Task A_receive_of_handles_is_cancelled_and_the_next_one_gets_the_data() => NothingLeft.AfterAsync(async () =>
    {
        using UnixServer server = ListenUnix(PathOf());
        using UnixClient client = ConnectUnix(PathOf());
        using UnixConnection accepted = server.Accept();
        await IsCancelled(token => accepted.ReceiveHandlesAsync(new byte[4], token).AsTask());

        client.Send("x"u8);
        using ReceivedHandles received = await accepted.ReceiveHandlesAsync(new byte[4]).Within();
        received.Length.Should().Be(1);
    });

    /// <summary>These end at once on loopback: either they were faster, or the token's callbacks harm nobody.</summary>
    [LinuxFact]
    public Task A_call_that_does_not_wait_takes_such_a_token() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        using UnixServer unixServer = ListenUnix(PathOf());
        using var udp = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
        byte[] data = "x"u8.ToArray();
        Func<CancellationToken, Task>[] calls =
        [
            async token => (await SocketKit.TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions, token)).Dispose(),
            async token => (await SocketKit.TcpClient.ConnectAsync("localhost", server.Port, ClientOptions, token)).Dispose(),
            async token => (await SocketKit.TcpClient.TryConnectAsync(server.LocalEndPoint, ClientOptions, token)).Client!.Dispose(),
            async token => (await SocketKit.TcpClient.TryConnectAsync("localhost", server.Port, ClientOptions, token)).Client!.Dispose(),
            async token =>
                (await UdpEndpoint.ConnectAsync("localhost", udp.Port, new UdpEndpointOptions { Engine = Engine }, token)).Dispose(),
            async token => (await UnixClient.ConnectAsync(PathOf(), UnixClientOptions, token)).Dispose(),
            async token => (await UnixClient.TryConnectAsync(PathOf(), UnixClientOptions, token)).Client!.Dispose(),
            token => udp.SendToAsync(data, udp.LocalEndPoint, token).AsTask(),
            token => udp.SendToAsync(data, udp.LocalEndPoint.Serialize(), token).AsTask(),
            token => udp.SendToAsync(data, udp.LocalEndPoint, IPAddress.Loopback, token).AsTask(),
            token => udp.SendToAsync("x", udp.LocalEndPoint, token).AsTask(),
            token => udp.SendToAsync("x", udp.LocalEndPoint.Serialize(), token).AsTask(),
        ];
        foreach (Func<CancellationToken, Task> call in calls)
        {
            using var source = new CancellationTokenSource();
            source.Token.Register(static () => throw NothingLeft.Thrown());
            Task running = call(source.Token);
            Record.Exception(source.Cancel).Should().BeOfType<AggregateException>();

            Exception? failure = await Expect.Failure(running);
            (failure is null or OperationCanceledException).Should().BeTrue($"{failure}");
        }
    });

    private static async Task IsCancelled(Func<CancellationToken, Task> call)
    {
        using var source = new CancellationTokenSource();
        source.Token.Register(static () => throw NothingLeft.Thrown());
        Task waiting = call(source.Token);
        source.Token.Register(static () => throw NothingLeft.Thrown());
        waiting.IsCompleted.Should().BeFalse();

        Exception? told = Record.Exception(source.Cancel);

        told.Should().BeOfType<AggregateException>().Which.InnerExceptions.Should()
            .HaveCount(2).And.OnlyContain(static exception => exception.Message == NothingLeft.Fault);
        await Expect.Canceled(waiting, source.Token);
    }
}

public sealed class TokenFaultTests_Portable : TokenFaultTests<PortableUnderTest>;

public sealed class TokenFaultTests_Epoll : TokenFaultTests<EpollUnderTest>;
