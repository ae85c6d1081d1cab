using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>A connection is aborted while it is being handed over: by the listener that closes, or to the client that connects.</summary>
[Collection(Serial.Name)]
public abstract class AbortRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_accepted_connection_is_aborted_while_the_server_closes(bool asynchronously)
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpServer server = Listen();
            using TcpClient client = Connect(server);
            Func<Task> accept = asynchronously ? () => AcceptAndAbortAsync(server) : Race.Call(() => server.Accept().Abort());

            (Exception? accepted, Exception? disposed) = await Race.MeetAsync(accept, Race.Call(server.Dispose));

            accepted?.Should().BeOfType<ObjectDisposedException>($"round {i}");
            disposed.Should().BeNull();
            (await ReadToEndAsync(client)).Should().Be(-1, $"round {i}: a reset, whichever of the two made it");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pending_accept_hands_over_and_the_connection_is_aborted_while_the_server_closes(bool asynchronously)
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpServer server = Listen();
            Task accepting = asynchronously ? AcceptAndAbortAsync(server) : Limits.OnThread(() => server.Accept().Abort());
            TcpClient? client = null;

            (Exception? connected, Exception? disposed) = await Race.MeetAsync(() => client = Connect(server), server.Dispose);
            Exception? accepted = await Expect.Failure(accepting);

            (client is null).Should().Be(connected is SocketConnectException, $"round {i}: {connected}");
            accepted?.Should().BeOfType<ObjectDisposedException>($"round {i}");
            disposed.Should().BeNull();
            if (client is not null)
            {
                // The kernel drops some that were in its own hands without a word, and tells only who sends.
                Record.Exception(() => client.TrySend("?"u8, out _));
                (await ReadToEndAsync(client)).Should().Be(-1, $"round {i}");
                client.Dispose();
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_abort_and_the_servers_close_leave_each_other_alone(bool asynchronously)
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpServer server = Listen();
            using TcpPairUnderTest pair = ConnectPair(server);
            Task pending = asynchronously ? server.AcceptAsync().AsTask() : Limits.OnThread(server.Accept);

            (Exception? aborted, Exception? disposed) = await Race.MeetAsync(pair.Accepted.Abort, server.Dispose);

            aborted.Should().BeNull($"round {i}");
            disposed.Should().BeNull($"round {i}");
            await Expect.Disposed(pending);
            (await ReadToEndAsync(pair.Client)).Should().Be(-1, $"round {i}");
        }
    }

    [LinuxFact]
    public Task A_connect_that_the_other_side_aborts_at_once_gives_a_connection_or_says_so() =>
        ConnectsAsync(async endPoint => await TcpClient.ConnectAsync(endPoint, ClientOptions).ConfigureAwait(false));

    [LinuxFact]
    public Task A_blocking_connect_that_the_other_side_aborts_at_once_gives_a_connection_or_says_so() =>
        ConnectsAsync(endPoint => Task.FromResult(TcpClient.Connect(endPoint, ClientOptions)));

    [LinuxFact]
    public async Task A_connect_that_is_cancelled_while_the_other_side_aborts_leaks_nothing()
    {
        using TcpServer server = Listen();
        int baseline = OpenDescriptors.Count();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using var source = new CancellationTokenSource();
            Task<TcpClient> connecting = TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions, source.Token);

            (Exception? cancelled, Exception? aborted) = await Race.MeetAsync(source.Cancel, () =>
            {
                if (server.TryAccept(out TcpConnection? accepted))
                {
                    accepted.Abort();
                }
            });
            Exception? connected = await Expect.Failure(connecting);

            cancelled.Should().BeNull($"round {i}");
            aborted.Should().BeNull($"round {i}");
            if (connected is null)
            {
                (await connecting).Dispose();
            }
            else
            {
                (connected is OperationCanceledException or SocketConnectException).Should().BeTrue($"round {i}: {connected}");
            }

            while (server.TryAccept(out TcpConnection? left))
            {
                left.Abort();
            }
        }

        OpenDescriptors.ShouldReturnTo(baseline);
    }

    private static async Task AcceptAndAbortAsync(TcpServer server) => (await server.AcceptAsync().ConfigureAwait(false)).Abort();

    private async Task ConnectsAsync(Func<IPEndPoint, Task<TcpClient>> connect)
    {
        using TcpServer server = Listen();
        int baseline = OpenDescriptors.Count();
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpClient? client = null;

            (Exception? connected, Exception? aborted) = await Race.MeetAsync(
                async () => client = await connect(server.LocalEndPoint).ConfigureAwait(false),
                Race.Call(() => server.Accept().Abort()));

            aborted.Should().BeNull($"round {i}");
            (client is null).Should().Be(connected is SocketConnectException, $"round {i}: {connected}");
            if (client is not null)
            {
                (await ReadToEndAsync(client)).Should().Be(-1, $"round {i}");
                client.Dispose();
            }
        }

        OpenDescriptors.ShouldReturnTo(baseline);
    }
}

public sealed class AbortRaceTests_Portable : AbortRaceTests<PortableUnderTest>;

public sealed class AbortRaceTests_Epoll : AbortRaceTests<EpollUnderTest>;
