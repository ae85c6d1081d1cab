using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>What the application's own code throws while a connection is kept.</summary>
[Collection(Serial.Name)]
public abstract class KeepConnectedFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData("handler, at once")]
    [InlineData("handler, later")]
    [InlineData("handler, null")]
    [InlineData("HandlerFailed")]
    [InlineData("IsPeerFault")]
    [InlineData("logger")]
    [InlineData("logger factory")]
    public Task What_the_application_throws_costs_at_most_its_own_connection(string fault) => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        int runs = 0;
        int told = 0;
        TcpClientOptions options = ClientOptions;
        options.Retry = Soon();
        options.StopWhenHandled = true;
        options.LoggerFactory = fault switch
        {
            "logger" => new ThrowingLog(),
            "logger factory" => new ThrowingFactory(),
            _ => null,
        };
        options.IsPeerFault = _ => fault == "IsPeerFault" ? throw NothingLeft.Thrown() : false;
        options.HandlerFailed = (_, _) =>
        {
            told++;
            _ = fault == "HandlerFailed" ? throw NothingLeft.Thrown() : 0;
        };

        await TcpClient.KeepConnectedAsync("127.0.0.1", server.Port, (_, _) => Run(++runs, fault), options).Within();

        (runs, told).Should().Be((2, 1));
    });

    [LinuxFact]
    public Task The_same_over_a_Unix_socket() => NothingLeft.AfterAsync(async () =>
    {
        using UnixServer server = ListenUnix(PathOf());
        int runs = 0;
        UnixClientOptions options = UnixClientOptions;
        options.Retry = Soon();
        options.StopWhenHandled = true;
        options.IsPeerFault = static _ => throw NothingLeft.Thrown();
        options.HandlerFailed = static (_, _) => throw NothingLeft.Thrown();

        await UnixClient.KeepConnectedAsync(PathOf(), (_, _) => Run(++runs, "handler, at once"), options).Within();

        runs.Should().Be(2);
    });

    [Theory]
    [InlineData("Configure")]
    [InlineData("AddressFilter")]
    [InlineData("Random")]
    public Task What_an_option_throws_ends_it_as_it_is(string option) => NothingLeft.AfterAsync(async () =>
    {
        using var port = new ClosedPort();
        Exception thrown = new SocketException((int)SocketError.ConnectionRefused);
        foreach (Func<TcpClientOptions, Task> call in new Func<TcpClientOptions, Task>[]
        {
            options => TcpClient.KeepConnectedAsync("127.0.0.1", port.EndPoint.Port, static (_, _) => Task.CompletedTask, options),
            options => TcpClient.ConnectAsync("127.0.0.1", port.EndPoint.Port, options),
            options => TcpClient.TryConnectAsync("127.0.0.1", port.EndPoint.Port, options),
            options => Limits.OnThread(() => TcpClient.Connect("127.0.0.1", port.EndPoint.Port, options)),
        })
        {
            TcpClientOptions options = ClientOptions;
            options.Retry = Soon();
            options.Configure = _ => ThrowIf("Configure");
            options.AddressFilter = _ =>
            {
                ThrowIf("AddressFilter");
                return true;
            };
            options.Retry.Random = new Source(() => ThrowIf("Random"));

            (await NothingLeft.FailureOf(() => call(options))).Should().BeSameAs(thrown);
        }

        void ThrowIf(string at)
        {
            if (at == option)
            {
                throw thrown;
            }
        }
    });

    [Fact]
    public Task A_token_whose_callbacks_throw_ends_it_all_the_same() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        using var port = new ClosedPort();
        foreach (IPEndPoint remote in new[] { server.LocalEndPoint, port.EndPoint })
        {
            using var source = new CancellationTokenSource();
            var running = new TaskCompletionSource();
            TcpClientOptions options = ClientOptions;
            options.Retry = Soon();
            options.Configure = _ => running.TrySetResult();
            source.Token.Register(static () => throw NothingLeft.Thrown());
            Task keeping = TcpClient.KeepConnectedAsync(
                remote, static (client, token) => client.ReceiveAsync(new byte[1], token).AsTask(), options, source.Token);
            await running.Task.Within();

            Record.Exception(source.Cancel).Should().BeOfType<AggregateException>();

            await keeping.Within();
        }
    });

    private static RetryOptions Soon() => new() { FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(5) };

    /// <summary>The first run fails; the second one is handled.</summary>
    private static Task Run(int run, string fault) => run > 1 ? Task.CompletedTask : fault switch
    {
        "handler, null" => null!,
        "handler, later" => FailLaterAsync(),
        _ => throw NothingLeft.Thrown(),
    };

    private static async Task FailLaterAsync()
    {
        await Task.Yield();
        throw NothingLeft.Thrown();
    }

    private sealed class Source(Action draw) : Random
    {
        public override double NextDouble()
        {
            draw();
            return 0.5;
        }
    }
}

public sealed class KeepConnectedFaultTests_Portable : KeepConnectedFaultTests<PortableUnderTest>;

public sealed class KeepConnectedFaultTests_Epoll : KeepConnectedFaultTests<EpollUnderTest>;
