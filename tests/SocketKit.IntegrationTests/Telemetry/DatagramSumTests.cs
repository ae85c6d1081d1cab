using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>The datagrams of the process, compared with what a test has sent and received.</summary>
[Collection(Serial.Name)]
public abstract class DatagramSumTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Datagrams = "socketkit.datagrams";
    private const string Dropped = "socketkit.datagrams.dropped";

    private readonly byte[] _buffer = new byte[64];

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Each_datagram_counts_once_in_each_direction_in_every_shape(CallShape shape)
    {
        using var meter = new MeterRecorder();
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        (long Received, long Sent) before = Read(meter);

        for (int i = 1; i <= 10; i++)
        {
            await SendAsync(sender, shape, i % 5);
            await ReceiveAsync(receiver, shape);
            Since(before, meter).Should().Be((i, i));
        }
    }

    [Fact]
    public async Task What_has_to_wait_counts_once()
    {
        using var meter = new MeterRecorder();
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        (long Received, long Sent) before = Read(meter);

        Task<ReceivedDatagram> receiving = receiver.ReceiveFromAsync(_buffer).AsTask();
        sender.Send("x"u8);
        await receiving.Within();
        Task<ReceivedDatagram> blocking = Limits.OnThread(() => receiver.ReceiveFrom(new byte[8]));
        sender.Send("x"u8);
        await blocking.Within();

        Since(before, meter).Should().Be((2, 2));
    }

    [Fact]
    public void A_peek_and_a_call_that_fails_count_nothing()
    {
        using var meter = new MeterRecorder();
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        (long Received, long Sent) before = Read(meter);
        sender.Send("x"u8);
        receiver.PeekFrom(_buffer).Length.Should().Be(1);
        Since(before, meter).Should().Be((0, 1));

        receiver.ReceiveFrom(_buffer);
        receiver.TryReceiveFrom(_buffer, out _).Should().BeFalse();
        Record.Exception(() => sender.Send(new byte[70_000])).Should().NotBeNull("it is too long");

        Since(before, meter).Should().Be((1, 1));
    }

    [Fact]
    public void A_datagram_that_is_cut_is_received_and_counts_as_dropped_in_part()
    {
        using var meter = new MeterRecorder();
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        long before = meter.Read(Dropped, (AttributeNames.Reason, "truncated"));
        long receivedBefore = Read(meter).Received;

        sender.Send(new byte[10]);
        receiver.ReceiveFrom(_buffer.AsSpan(0, 4)).IsTruncated.Should().BeTrue();
        sender.Send(new byte[4]);
        receiver.ReceiveFrom(_buffer.AsSpan(0, 4)).IsTruncated.Should().BeFalse();

        (meter.Read(Dropped, (AttributeNames.Reason, "truncated")) - before).Should().Be(1);
        (Read(meter).Received - receivedBefore).Should().Be(2);
    }

    /// <summary>The kernel counts them; over loopback a datagram is in the queue, or dropped, when its send returns.</summary>
    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_full_queue_drops_is_counted_while_the_endpoint_is_open_and_when_it_was_closed(bool looksMeanwhile)
    {
        const int Sent = 2000;
        using var meter = new MeterRecorder();
        (string, object?) full = (AttributeNames.Reason, "receive_queue_full");
        long before = meter.Read(Dropped, full);
        UdpEndpointOptions options = UdpOptions;
        options.ReceiveBufferSize = 8192;
        int received = 0;
        using (UdpEndpoint receiver = Bind(options))
        using (UdpEndpoint sender = ConnectedTo(receiver))
        {
            for (int i = 0; i < Sent; i++)
            {
                sender.Send(new byte[64]);
            }

            while (receiver.TryReceiveFrom(_buffer, out _))
            {
                received++;
            }

            received.Should().BeInRange(1, Sent - 1, "the queue is small");
            if (looksMeanwhile)
            {
                (meter.Read(Dropped, full) - before).Should().Be(Sent - received);
            }
        }

        (meter.Read(Dropped, full) - before).Should().Be(Sent - received);
    }

    [Fact]
    public async Task Counts_of_many_threads_add_up_and_stay_when_the_threads_have_ended()
    {
        const int Threads = 200;
        const int PerThread = 50;
        using var meter = new MeterRecorder();
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        (long _, long before) = Read(meter);
        for (int i = 0; i < Threads; i += 10)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Limits.OnThread(() =>
            {
                for (int sent = 0; sent < PerThread; sent++)
                {
                    sender.Send("x"u8);
                }
            }))).Within();
        }

        (Read(meter).Sent - before).Should().Be(Threads * PerThread);
    }

    private static (long Received, long Sent) Read(MeterRecorder meter) =>
        (meter.Read(Datagrams, (AttributeNames.Direction, "receive")), meter.Read(Datagrams, (AttributeNames.Direction, "transmit")));

    private static (long Received, long Sent) Since((long Received, long Sent) before, MeterRecorder meter)
    {
        (long received, long sent) = Read(meter);
        return (received - before.Received, sent - before.Sent);
    }

    private static async Task SendAsync(UdpEndpoint sender, CallShape shape, int length)
    {
        switch (shape)
        {
            case CallShape.Blocking:
                sender.Send(new byte[length]);
                break;
            case CallShape.Try:
                sender.TrySend(new byte[length], out _).Should().BeTrue();
                break;
            default:
                await sender.SendAsync(new byte[length]).Within();
                break;
        }
    }

    private async Task ReceiveAsync(UdpEndpoint receiver, CallShape shape)
    {
        switch (shape)
        {
            case CallShape.Blocking:
                receiver.ReceiveFrom(_buffer);
                break;
            case CallShape.Try:
                receiver.TryReceiveFrom(_buffer, out _).Should().BeTrue();
                break;
            default:
                await receiver.ReceiveFromAsync(_buffer).Within();
                break;
        }
    }
}

public sealed class DatagramSumTests_Portable : DatagramSumTests<PortableUnderTest>;

public sealed class DatagramSumTests_PortableWithoutSystemCalls : DatagramSumTests<PortableWithoutSystemCalls>;

public sealed class DatagramSumTests_Epoll : DatagramSumTests<EpollUnderTest>;
