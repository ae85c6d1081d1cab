using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Records that come in parts, several at once, or while nobody receives.</summary>
public abstract class RecordTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(1);

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task A_record_in_single_bytes_is_received_whole(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] record = await pair.SealAsync("hello"u8.ToArray());
        byte[] buffer = new byte[16];

        Task<int> receiving = pair.Connection.ReceiveBy(shape, buffer);
        foreach (byte part in record)
        {
            await pair.SendAsync(new[] { part });
        }

        (await receiving.Within()).Should().Be(5);
        buffer.AsSpan(0, 5).ToArray().Should().Equal("hello"u8.ToArray());
    }

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task Records_that_come_together_are_received_one_after_the_other(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] first = await pair.SealAsync(Payload.Of(100));
        byte[] second = await pair.SealAsync(Payload.Of(3));
        await pair.SendAsync((byte[])[.. first, .. second]);

        byte[] buffer = new byte[40];
        int received = 0;
        while (received < 103)
        {
            received += await pair.Connection.ReceiveBy(shape, buffer).Within();
        }

        received.Should().Be(103);
        pair.Connection.BytesReceived.Should().Be(103);
    }

    [Fact]
    public async Task Data_in_the_segment_of_the_last_handshake_flight_is_received()
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.ConnectAsync(server);
        pair.Transport.HoldsAfter = 1;
        Task upgrading = pair.Connection.UpgradeToTlsAsync(RecordPair.ServerOptions);
        await RecordPair.AuthenticateAsync(pair.Peer, SslProtocols.Tls13).Within();
        await pair.Peer.WriteAsync("early"u8.ToArray());
        upgrading.IsCompleted.Should().BeFalse("the last flight was not sent yet");

        await pair.SendAsync(pair.Transport.TakeHeld());
        await upgrading.Within();

        pair.Connection.WaitReadable(Limits.Hang).Should().BeTrue();
        byte[] buffer = new byte[16];
        (await pair.Connection.ReceiveAsync(buffer).Within()).Should().Be(5);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_thousand_time_outs_in_the_middle_of_records_lose_no_byte(SslProtocols protocol)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] sent = Payload.Of(16_000_000);
        using var enough = new CancellationTokenSource();
        Task<int> sending = SendInCrumbsAsync(pair, sent, enough.Token);

        var random = new Random(7);
        byte[] received = new byte[sent.Length + 20_000];
        int count = 0;
        int timeouts = 0;
        pair.Connection.ReceiveTimeout = s_short;
        while (!(sending.IsCompleted && count == await sending))
        {
            try
            {
                count += await ReceiveSomehowAsync(pair.Connection, received.AsMemory(count, random.Next(1, 20_000)), random.Next(4));
            }
            catch (Exception exception) when (exception is SocketTimeoutException or OperationCanceledException)
            {
                timeouts++;
            }

            if (timeouts >= 1_000)
            {
                await enough.CancelAsync();
            }
        }

        timeouts.Should().BeGreaterThanOrEqualTo(1_000);
        received.AsSpan(0, count).SequenceEqual(sent.AsSpan(0, count)).Should().BeTrue();
        pair.Connection.BytesReceived.Should().Be(count);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Readable_means_that_plaintext_is_there(SslProtocols protocol)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] record = await pair.SealAsync("x"u8.ToArray());
        using var source = new CancellationTokenSource();

        // The session tickets of TLS 1.3 are no plaintext.
        pair.Connection.WaitReadable(TimeSpan.FromMilliseconds(20)).Should().BeFalse();
        Task canceled = pair.Connection.WaitReadableAsync(source.Token).AsTask();
        Task waiting = pair.Connection.WaitReadableAsync().AsTask();
        await pair.SendAsync(record.AsMemory(0, record.Length - 1));
        await source.CancelAsync();
        await Expect.Canceled(canceled, source.Token);
        pair.Connection.WaitReadable(TimeSpan.FromMilliseconds(20)).Should().BeFalse("one byte of the record is missing");
        waiting.IsCompleted.Should().BeFalse();
        await pair.SendAsync(record.AsMemory(record.Length - 1));

        await waiting.Within();
        pair.Connection.WaitReadable(TimeSpan.Zero).Should().BeTrue();
        pair.Connection.Available.Should().Be(1);
        pair.Connection.TryReceive(new byte[8], out int received).Should().BeTrue();
        received.Should().Be(1);
        pair.Connection.TryReceive(new byte[8], out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_wait_beside_a_receive_ends_when_plaintext_comes_or_when_the_receive_has_timed_out_before()
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, SslProtocols.Tls13);
        pair.Connection.ReceiveTimeout = TimeSpan.FromMilliseconds(30);
        Task<int> receiving = pair.Connection.ReceiveAsync(new byte[8]).AsTask();
        Task waiting = pair.Connection.WaitReadableAsync().AsTask();
        Task<bool> blocking = Limits.OnThread(() => pair.Connection.WaitReadable(Limits.Hang));
        await Expect.Timeout(receiving);

        await pair.SendAsync(await pair.SealAsync("x"u8.ToArray()));

        await waiting.Within();
        (await blocking.Within()).Should().BeTrue();
        (await pair.Connection.ReceiveAsync(new byte[8]).Within()).Should().Be(1);

        pair.Connection.ReceiveTimeout = Limits.Hang;
        receiving = pair.Connection.ReceiveAsync(new byte[8]).AsTask();
        waiting = pair.Connection.WaitReadableAsync().AsTask();
        await pair.SendAsync(await pair.SealAsync("y"u8.ToArray()));
        await waiting.Within();
        (await receiving.Within()).Should().Be(1);
    }

    [Fact]
    public async Task A_hundred_small_parts_leave_as_one_record()
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, SslProtocols.Tls13);
        long before = pair.Connection.Channel.BytesTaken;

        ReadOnlyMemory<byte>[] parts = [.. Payload.Of(3_200).Chunk(32).Select(static part => new ReadOnlyMemory<byte>(part))];
        await pair.Connection.SendAsync(Segments.Of(parts)).Within();

        // A record of TLS 1.3 is 22 bytes longer than its plaintext: header, type and tag (RFC 8446, section 5.2).
        (pair.Connection.Channel.BytesTaken - before).Should().Be(3_200 + 22);
        byte[] buffer = new byte[3_200];
        await pair.Peer.ReadExactlyAsync(buffer).AsTask().Within();
        buffer.Should().Equal(Payload.Of(3_200));
    }

    private static async Task<int> SendInCrumbsAsync(RecordPair pair, byte[] data, CancellationToken enough)
    {
        var random = new Random(3);
        int done = 0;
        while (done < data.Length && !enough.IsCancellationRequested)
        {
            int length = Math.Min(data.Length - done, random.Next(1, 17_000));
            byte[] record = await pair.SealAsync(data.AsMemory(done, length));
            for (int at = 0; at < record.Length;)
            {
                int part = Math.Min(record.Length - at, random.Next(4) == 0 ? random.Next(1, 8) : random.Next(1, 4_000));
                await pair.SendAsync(record.AsMemory(at, part));
                at += part;

                // Gives the receiver's deadlines a chance to pass.
                await Task.Delay(random.Next(2) * 2, CancellationToken.None);
            }

            done += length;
        }

        return done;
    }

    private static async Task<int> ReceiveSomehowAsync(TcpConnection connection, Memory<byte> buffer, int how)
    {
        switch (how)
        {
            case 0:
                return connection.Receive(buffer.Span);
            case 1:
                using (var source = new CancellationTokenSource(s_short))
                {
                    return await connection.ReceiveAsync(buffer, source.Token);
                }

            case 2:
                return connection.TryReceive(buffer.Span, out int received) ? received : 0;
            default:
                return await connection.ReceiveAsync(buffer);
        }
    }
}

public sealed class RecordTests_Portable : RecordTests<PortableUnderTest>;

public sealed class RecordTests_Epoll : RecordTests<EpollUnderTest>;
