using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>The connects that return a failure, by name and by address, blocking and not.</summary>
public abstract class TryConnectTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_connection_is_returned_with_its_attempts_and_without_an_error()
    {
        using TcpServer server = Listen();
        foreach (Func<TcpClientOptions, Task<ConnectResult>> connect in Forms(server.LocalEndPoint))
        {
            ConnectResult result = await connect(ClientOptions).Within();
            using TcpClient? client = result.Client;

            result.IsConnected.Should().BeTrue();
            (result.Error, result.SocketErrorCode).Should().Be((null, SocketError.Success));
            result.Attempts.Should().Equal(client!.ConnectAttempts);
            result.Attempts.Should().ContainSingle().Which.EndPoint.Should().Be(server.LocalEndPoint);
            result.ToString().Should().Be(client.ToString());
        }
    }

    [Fact]
    public async Task A_refusal_is_returned_as_Connect_would_have_thrown_it()
    {
        using var closed = new ClosedPort();
        foreach (Func<TcpClientOptions, Task<ConnectResult>> connect in Forms(closed.EndPoint))
        {
            ConnectResult result = await connect(ClientOptions).Within();

            result.IsConnected.Should().BeFalse();
            result.Client.Should().BeNull();
            result.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
            SocketConnectException error = result.Error.Should().BeOfType<SocketConnectException>().Subject;
            error.Message.Should().Be($"connect to {closed.EndPoint} failed: nobody listens there (ConnectionRefused).");
            error.StackTrace.Should().BeNull("nothing was thrown");
            result.Attempts.Should().BeSameAs(error.Attempts).And.ContainSingle();
            result.ToString().Should().Be(error.Message);
        }
    }

    [Fact]
    public async Task A_connect_that_nobody_answers_is_returned_as_a_time_out()
    {
        using var hole = new BlackHole();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = Moment;
        foreach (Func<TcpClientOptions, Task<ConnectResult>> connect in Forms(hole.EndPoint))
        {
            ConnectResult result = await connect(options).Within();

            result.SocketErrorCode.Should().Be(SocketError.TimedOut);
            result.Error!.IsTimeout().Should().BeTrue();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_that_is_not_known_is_returned_without_attempts(bool asynchronous)
    {
        TcpClientOptions options = ClientOptions;
        options.Names = new NameLookups(static (_, _) => throw new SocketException((int)SocketError.HostNotFound), 1);

        ConnectResult result = asynchronous
            ? await TcpClient.TryConnectAsync("db.test", 5432, options).Within()
            : TcpClient.TryConnect("db.test", 5432, options);

        result.SocketErrorCode.Should().Be(SocketError.HostNotFound);
        result.Error!.Message.Should().Be("connect to db.test:5432 failed: the name is not known (HostNotFound).");
        result.Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task Arguments_and_cancellation_are_thrown()
    {
        using var hole = new BlackHole();
        using var source = new CancellationTokenSource();
        Task<ConnectResult> byAddress = TcpClient.TryConnectAsync(hole.EndPoint, ClientOptions, source.Token);
        Task<ConnectResult> byName = TcpClient.TryConnectAsync("127.0.0.1", hole.EndPoint.Port, ClientOptions, source.Token);

        await source.CancelAsync();

        await Expect.Canceled(byAddress, source.Token);
        await Expect.Canceled(byName, source.Token);
        (await Expect.Failure(TcpClient.TryConnectAsync(hole.EndPoint, ClientOptions, source.Token)))!
            .Message.Should().Be($"connect to {hole.EndPoint} was cancelled.");
        Record.Exception(() => TcpClient.TryConnect("http://localhost", 80)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => TcpClient.TryConnect(new IPEndPoint(0, 0))).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => { _ = TcpClient.TryConnectAsync("localhost", 0); }).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => { _ = TcpClient.TryConnectAsync((IPEndPoint)null!); }).Should().BeOfType<ArgumentNullException>();
    }

    private static Func<TcpClientOptions, Task<ConnectResult>>[] Forms(IPEndPoint remote) =>
    [
        options => Limits.OnThread(() => TcpClient.TryConnect(remote, options)),
        options => Limits.OnThread(() => TcpClient.TryConnect(remote.Address.ToString(), remote.Port, options)),
        options => TcpClient.TryConnectAsync(remote, options),
        options => TcpClient.TryConnectAsync(remote.Address.ToString(), remote.Port, options),
    ];
}

public sealed class TryConnectTests_Portable : TryConnectTests<PortableUnderTest>;

public sealed class TryConnectTests_Epoll : TryConnectTests<EpollUnderTest>;
