using System.Net.Sockets;
using System.Threading.Channels;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Connects to paths that return their failure, go on trying, or are kept.</summary>
public abstract class UnixRetryTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly ManualClock _clock = new();

    [LinuxFact]
    public async Task TryConnect_returns_a_connection_or_the_error_that_Connect_would_throw()
    {
        using UnixServer server = ListenUnix(PathOf());
        string missing = PathOf("missing");
        foreach (Func<string, Task<UnixConnectResult>> connect in new Func<string, Task<UnixConnectResult>>[]
        {
            path => Limits.OnThread(() => UnixClient.TryConnect(path, UnixClientOptions)),
            path => UnixClient.TryConnectAsync(path, UnixClientOptions),
        })
        {
            UnixConnectResult good = await connect(PathOf()).Within();
            using UnixClient? client = good.Client;
            UnixConnectResult bad = await connect(missing).Within();

            good.IsConnected.Should().BeTrue();
            (good.Error, good.SocketErrorCode).Should().Be((null, SocketError.Success));
            good.Attempts.Should().ContainSingle().Which.Error.Should().BeNull();
            good.ToString().Should().Be(client!.ToString());
            bad.IsConnected.Should().BeFalse();
            bad.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
            bad.Error.Should().BeOfType<SocketConnectException>()
                .Which.Message.Should().Be($"connect to {missing} failed: there is no file {missing} (AddressNotAvailable).");
            bad.Attempts.Should().ContainSingle().Which.Error!.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
            bad.ToString().Should().Be(bad.Error!.Message);
        }
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_appears_after_the_second_round_is_reached(bool asynchronous)
    {
        UnixServer? server = null;
        int sockets = 0;
        UnixClientOptions options = UnixClientOptions;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1) };
        options.Configure = _ => server = ++sockets == 3 ? ListenUnix(PathOf()) : null;

        using UnixClient client = asynchronous
            ? await UnixClient.ConnectAsync(PathOf(), options).Within()
            : await Limits.OnThread(() => UnixClient.Connect(PathOf(), options)).Within();

        sockets.Should().Be(3);
        server!.Dispose();
    }

    [LinuxFact]
    public async Task MaxAttempts_ends_it_with_path_and_round_in_the_message()
    {
        UnixClientOptions options = UnixClientOptions;
        options.Retry = new RetryOptions { Clock = _clock, MaxAttempts = 4 };

        Task<UnixClient> connect = UnixClient.ConnectAsync(PathOf(), options);
        await _clock.RunUntilAsync(connect);

        (await Expect.Failure(connect))!.Message.Should().Be(
            $"connect to {PathOf()} failed in round 4 of 4: there is no file {PathOf()} (AddressNotAvailable).");
    }

    [LinuxFact]
    public async Task A_token_ends_the_wait_between_two_rounds_at_once()
    {
        using var source = new CancellationTokenSource();
        UnixClientOptions options = UnixClientOptions;
        options.Retry = new RetryOptions { Clock = _clock };
        Task<UnixConnectResult> connect = UnixClient.TryConnectAsync(PathOf(), options, source.Token);
        await _clock.WaitedForAsync();

        await source.CancelAsync();

        await Expect.Canceled(connect, source.Token);
    }

    [LinuxFact]
    public async Task A_server_that_restarts_gets_a_new_connection()
    {
        using var source = new CancellationTokenSource();
        var seen = Channel.CreateUnbounded<int>();
        UnixClientOptions options = UnixClientOptions;
        options.Retry = new RetryOptions { Clock = _clock };
        Task keeping = UnixClient.KeepConnectedAsync(
            PathOf(),
            async (client, token) =>
            {
                int received;
                do
                {
                    received = await client.ReceiveAsync(new byte[10], token);
                    seen.Writer.TryWrite(received);
                }
                while (received > 0);
            },
            options,
            source.Token);
        for (int run = 1; run <= 3; run++)
        {
            // There is no server yet, or no more.
            await _clock.WaitedForAsync();
            using UnixServer server = ListenUnix(PathOf());
            await _clock.AdvanceToNextAsync();
            using UnixConnection accepted = await server.AcceptAsync().Within();
            await accepted.SendAsync(new byte[run]).Within();
            (await seen.Reader.ReadAsync().AsTask().Within()).Should().Be(run);
            accepted.Dispose();
            (await seen.Reader.ReadAsync().AsTask().Within()).Should().Be(0);
        }

        await source.CancelAsync();
        await keeping.Within();
    }

    [LinuxFact]
    public void Options_without_sense_are_refused()
    {
        foreach (UnixClientOptions options in new UnixClientOptions[]
        {
            new() { Retry = new RetryOptions { MaxAttempts = 0 } },
            new() { DrainTimeout = TimeSpan.FromTicks(-2) },
        })
        {
            FluentActions.Invoking(() => ConnectUnix(PathOf(), options)).Should().Throw<ArgumentOutOfRangeException>();
        }

        FluentActions.Invoking(() => { _ = UnixClient.KeepConnectedAsync(PathOf(), null!); })
            .Should().Throw<ArgumentNullException>().Which.ParamName.Should().Be("handler");
    }
}

public sealed class UnixRetryTests_Portable : UnixRetryTests<PortableUnderTest>;

public sealed class UnixRetryTests_Epoll : UnixRetryTests<EpollUnderTest>;
