using System.Buffers;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>Nothing is allocated per call, whatever the mode, while data is there and buffers have room.</summary>
[Collection(Serial.Name)]
public abstract class AllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly byte[] _message = new byte[64];
    private readonly byte[] _buffer = new byte[64];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Receive_and_Send_allocate_nothing(bool armed)
    {
        using TcpPairUnderTest pair = ConnectPair(armed);

        long allocated = Allocations.Of(() =>
        {
            pair.Client.Send(_message);
            pair.Accepted.ReceiveExactly(_buffer);
            pair.Accepted.Send(_message);
            pair.Client.Receive(_buffer);
        });

        allocated.Should().Be(0);
    }

    [Fact]
    public void Calls_with_a_time_out_of_their_own_and_pairs_allocate_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false);

        long allocated = Allocations.Of(() =>
        {
            pair.Client.Send(_message.AsSpan(0, 4), _message.AsSpan(4));
            pair.Accepted.ReceiveExactly(_buffer, s_deadline);
            pair.Client.Send(_message.AsSpan(0, 4), _message.AsSpan(4));
            pair.Accepted.TryReceiveExactly(_buffer, s_deadline);
            pair.Client.Send(_message);
            pair.Accepted.Receive(_buffer, s_deadline);
        });

        allocated.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_calls_allocate_nothing_without_a_thread(bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false);
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await pair.Client.SendAsync(_message.AsMemory(0, 4), _message.AsMemory(4), token);
                await pair.Accepted.ReceiveExactlyAsync(_buffer, s_deadline, token);
                await pair.Client.SendAsync(_message.AsMemory(0, 4), _message.AsMemory(4), token);
                await pair.Accepted.TryReceiveExactlyAsync(_buffer, token);
                await pair.Client.SendAsync(_message, token);
                await pair.Accepted.ReceiveAsync(_buffer, s_deadline, token);
                await pair.Accepted.WaitWritableAsync(token);
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
    }

    [Fact]
    public void TryReceive_and_TrySend_allocate_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false);

        long allocated = Allocations.Of(() =>
        {
            pair.Accepted.TryReceive(_buffer, out _);
            pair.Client.TrySend(_message, out _);
            while (!pair.Accepted.TryReceive(_buffer, out _))
            {
            }
        });

        allocated.Should().Be(0);
    }

    [Fact]
    public void A_sequence_of_a_hundred_parts_allocates_no_list_of_them()
    {
        const int operations = 1000;
        using TcpPairUnderTest pair = ConnectPair(armed: false);

        long few = OfSequence(2);
        long many = OfSequence(100);

        // Socket.Send of the portable engine copies the parts: 24 bytes each.
        many.Should().BeLessThan(few + (operations * 100 * 32));

        long OfSequence(int parts)
        {
            ReadOnlySequence<byte> sequence = Segments.Cut(new byte[parts], 1);
            byte[] received = new byte[parts];
            return Allocations.Of(
                () =>
                {
                    pair.Client.SendAsync(sequence).AsTask().GetAwaiter().GetResult();
                    pair.Accepted.ReceiveExactly(received);
                },
                operations);
        }
    }

    [Fact]
    public void TrySend_to_a_full_buffer_allocates_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false);
        byte[] large = new byte[1024 * 1024];
        bool full = false;

        long allocated = Allocations.Of(() => full = !pair.Client.TrySend(large, out _));

        full.Should().BeTrue();
        allocated.Should().Be(0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ReceiveAsync_and_SendAsync_allocate_nothing(bool armed, bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair(armed);
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await pair.Client.SendAsync(_message, token);
                await pair.Accepted.ReceiveAsync(_buffer, token);
                await pair.Accepted.SendAsync(_message, token);
                await pair.Client.ReceiveExactlyAsync(_buffer, token);
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
    }

    private TcpPairUnderTest ConnectPair(bool armed)
    {
        TcpPairUnderTest pair = ConnectPair();
        pair.Client.Timeout = pair.Accepted.Timeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        return pair;
    }
}

public sealed class AllocationTests_Portable : AllocationTests<PortableUnderTest>;

public sealed class AllocationTests_Epoll : AllocationTests<EpollUnderTest>;
