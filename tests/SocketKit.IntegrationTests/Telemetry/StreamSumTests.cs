using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>The bytes of all streams of the process, compared with what the connections of a test have counted.</summary>
[Collection(Serial.Name)]
public abstract class StreamSumTests<TEngine> : TelemetryTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task Bytes_of_served_connections_are_in_it_while_they_are_open_and_afterwards(string transport)
    {
        using var meter = new MeterRecorder();
        await BeQuietAsync();
        ByteCount before = Read(meter, transport);
        await using (LimitedServer server = Start(transport, EchoAsync, static _ => { }))
        {
            Socket[] peers = [.. Enumerable.Range(0, 5).Select(_ => server.Connect())];
            Array.ForEach(peers, Exchange);
            await Eventually.BeTrueAsync(() => server.GetStatistics().BytesSent == 5, "the last send is counted when it returns");
            Since(before, meter, transport).Should().Be(new ByteCount(5, 5));
            Array.ForEach(peers, static peer => peer.Dispose());
            await EndedAsync(server);
            Since(before, meter, transport).Should().Be(new ByteCount(5, 5));
        }

        Since(before, meter, transport).Should().Be(new ByteCount(5, 5), "the server has gone, and its bytes stay");
    }

    [Theory]
    [InlineData("dispose")]
    [InlineData("abort")]
    [InlineData("forget")]
    public async Task Bytes_of_all_other_connections_are_in_it_however_they_end(string how)
    {
        using var meter = new MeterRecorder();
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);

        using (TcpServer server = Listen())
        {
            await ExchangeAsync(server, how);
        }

        Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(300, 300));
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(300, 300), "the bytes of what was collected stay");
        }
    }

    [Fact]
    public async Task A_connection_goes_on_with_its_counts_when_its_channel_is_replaced()
    {
        using var meter = new MeterRecorder();
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        using (TcpPairUnderTest pair = ConnectPair())
        {
            pair.Client.Send(new byte[10]);
            await pair.Accepted.ReceiveExactlyAsync(new byte[10]).Within();
            pair.Client.ReplaceChannel(static channel => new XorChannel(channel));
            pair.Accepted.ReplaceChannel(static channel => new XorChannel(channel));
            Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(10, 10));
            pair.Client.Send(new byte[5]);
            await pair.Accepted.ReceiveExactlyAsync(new byte[5]).Within();
            Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(15, 15));
        }

        Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(15, 15));
    }

    /// <summary>A channel that still sends is kept after its end, until its counts are final.</summary>
    [Fact]
    public async Task Sends_that_nobody_awaits_end_with_their_connection()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] large = new byte[Payload.MoreThanKernelTakes];
        for (int i = 0; i < 3; i++)
        {
            // The task is dropped, as by a caller who does not care.
            ValueTask send = pair.Client.SendAsync(large);
            send.IsCompleted.Should().BeFalse();
        }

        pair.Client.Channel.IsSending.Should().BeTrue();

        pair.Client.Dispose();

        await Eventually.BeTrueAsync(() => !pair.Client.Channel.IsSending, "nothing keeps the channel any more");
    }

    /// <summary>A receive or a send that is under way when its connection is closed counts its bytes a moment later.</summary>
    [Fact]
    public async Task No_byte_is_lost_or_counted_twice_when_a_call_races_with_the_close()
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        ByteCount counted = default;
        byte[] buffer = new byte[64];
        using var race = new Race();
        for (int i = 0; i < Race.Rounds; i++)
        {
            TcpClient client = Connect(server);
            TcpConnection accepted = server.Accept();
            client.Send(buffer);

            Action call = i % 2 == 0 ? () => accepted.TryReceive(buffer, out _) : () => client.TrySend(buffer, out _);
            await race.MeetAsync(call, () =>
            {
                accepted.Dispose();
                client.Dispose();
            });

            counted += ByteCount.Of(accepted.Channel) + ByteCount.Of(client.Channel);
        }

        Since(before, meter, LimitedServer.Tcp).Should().Be(counted);
    }

    /// <summary>A reader that adds up connections while they end would count some twice, or not at all.</summary>
    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task The_sum_never_goes_down_while_connections_come_and_go(string transport)
    {
        const int Clients = 500;
        using var meter = new MeterRecorder();
        await BeQuietAsync();
        ByteCount before = Read(meter, transport);
        await using LimitedServer server = Start(transport, EchoAsync, static _ => { });
        using var done = new CancellationTokenSource();
        Task<int> reading = Limits.OnThread(() =>
        {
            int looks = 0;
            ByteCount last = ReadNow(transport);
            while (!done.IsCancellationRequested)
            {
                ByteCount now = ReadNow(transport);
                now.Received.Should().BeGreaterThanOrEqualTo(last.Received);
                now.Sent.Should().BeGreaterThanOrEqualTo(last.Sent);
                last = now;
                looks++;
            }

            return looks;
        });
        for (int i = 0; i < Clients; i++)
        {
            using Socket peer = server.Connect();
            Exchange(peer);
        }

        await EndedAsync(server);
        await done.CancelAsync();

        (await reading.Within()).Should().BePositive();
        Since(before, meter, transport).Should().Be(new ByteCount(Clients, Clients));
    }

    [Fact]
    public async Task Looking_keeps_no_connection_alive()
    {
        using TcpServer server = Listen();
        WeakReference[] forgotten = [.. Enumerable.Range(0, 20).Select(_ => Forget(server))];

        await Eventually.BeTrueAsync(
            () =>
            {
                StreamSums.Default.Read();
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return forgotten.Count(static connection => connection.IsAlive) < 3;
            },
            "only the last may still be on a stack");
    }

    private static ByteCount ReadNow(string transport) =>
        StreamSums.Default.Read()[(int)(transport == LimitedServer.Unix ? Transport.Unix : Transport.Tcp)];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task ExchangeAsync(TcpServer server, string how)
    {
        for (int i = 0; i < 3; i++)
        {
            TcpClient client = Connect(server);
            TcpConnection accepted = await server.AcceptAsync().Within();
            client.Send(new byte[100]);
            await accepted.ReceiveExactlyAsync(new byte[100]).Within();
            switch (how)
            {
                case "dispose":
                    client.Dispose();
                    accepted.Dispose();
                    break;
                case "abort":
                    client.Abort();
                    accepted.Abort();
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Forget(TcpServer server) => new(Connect(server));
}

public sealed class StreamSumTests_Portable : StreamSumTests<PortableUnderTest>;

public sealed class StreamSumTests_Epoll : StreamSumTests<EpollUnderTest>;
