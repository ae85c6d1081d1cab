using SocketKit.IntegrationTests.Kit;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.IntegrationTests.Races;

/// <summary>Data arrives while a receive is being given up: it is received now or by the next call, and once.</summary>
[Collection(Serial.Name)]
public abstract class ArrivalRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_cancelled_receive_loses_no_byte()
    {
        using TcpPairUnderTest pair = ConnectPair();
        var random = new Random(5);
        for (int i = 0; i < 3 * Race.Rounds; i++)
        {
            byte[] buffer = new byte[1];
            int microseconds = random.Next(100);
            using var source = new CancellationTokenSource();
            Task<int> receiving = pair.Accepted.ReceiveAsync(buffer, source.Token).AsTask();

            await Race.MeetAsync(() => pair.Client.Send([(byte)i]), () =>
            {
                SpinFor(microseconds);
                source.Cancel();
            });
            try
            {
                await receiving.Within();
            }
            catch (OperationCanceledException exception)
            {
                // The token was first: then the byte must still be there.
                exception.CancellationToken.Should().Be(source.Token);
                await pair.Accepted.ReceiveAsync(buffer).Within();
            }

            buffer[0].Should().Be((byte)i);
        }
    }

    [Fact]
    public async Task A_receive_that_times_out_loses_no_byte()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Timeout = TimeSpan.FromMilliseconds(1);
        await CompareAsync(pair, static (connection, buffer) => () => connection.ReceiveAsync(buffer).AsTask());
    }

    [Fact]
    public async Task A_blocking_receive_that_times_out_loses_no_byte()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Timeout = TimeSpan.FromMilliseconds(1);
        await CompareAsync(pair, static (connection, buffer) => Race.Call(() => connection.Receive(buffer)));
    }

    /// <summary>A storm: 30 000 bytes in pieces, and a token that fires during each receive.</summary>
    [Fact]
    public async Task A_storm_of_cancels_loses_no_byte()
    {
        const int Total = 30_000;
        const int Piece = 10;
        using TcpPairUnderTest pair = ConnectPair();
        using var storm = new Race();
        byte[] buffer = new byte[64];
        int received = 0;
        int cancels = 0;
        for (int sent = 0; received < Total || cancels < Total / Piece;)
        {
            using var source = new CancellationTokenSource();
            Task<int> receiving = pair.Accepted.ReceiveAsync(buffer, source.Token).AsTask();
            byte[] piece = [.. Enumerable.Range(sent, Math.Min(Piece, Total - sent)).Select(static n => (byte)n)];
            sent += piece.Length;

            await storm.MeetAsync(() => pair.Client.Send(piece), source.Cancel);
            try
            {
                int n = await receiving.Within();
                for (int i = 0; i < n; i++)
                {
                    buffer[i].Should().Be((byte)(received + i));
                }

                received += n;
            }
            catch (OperationCanceledException)
            {
                // The token was first: its bytes must come with a later receive.
                cancels++;
            }
        }

        received.Should().Be(Total);
    }

    private async Task CompareAsync(TcpPairUnderTest pair, Func<TcpConnection, byte[], Func<Task>> receive)
    {
        var random = new Random(3);
        for (int i = 0; i < Race.Rounds; i++)
        {
            byte[] buffer = new byte[1];
            int microseconds = random.Next(2500);

            (Exception? received, _) = await Race.MeetAsync(receive(pair.Accepted, buffer), Race.Call(() =>
            {
                SpinFor(microseconds);
                pair.Client.Send([(byte)i]);
            }));
            if (received is not null)
            {
                received.Should().BeOfType<SocketTimeoutException>();
                (await ReceiveLateAsync(pair.Accepted, buffer)).Should().Be(1);
            }

            buffer[0].Should().Be((byte)i);
        }
    }

    private static async Task<int> ReceiveLateAsync(TcpConnection connection, byte[] buffer)
    {
        while (true)
        {
            try
            {
                return await connection.ReceiveAsync(buffer).Within();
            }
            catch (SocketException exception) when (exception.IsTimeout())
            {
                // The byte is still on its way.
            }
        }
    }

    private static void SpinFor(int microseconds)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMicroseconds < microseconds)
        {
            Thread.SpinWait(20);
        }
    }
}

public sealed class ArrivalRaceTests_Portable : ArrivalRaceTests<PortableUnderTest>;

public sealed class ArrivalRaceTests_Epoll : ArrivalRaceTests<EpollUnderTest>;
