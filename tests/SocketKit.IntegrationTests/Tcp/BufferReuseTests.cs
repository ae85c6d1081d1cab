using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>
/// A buffer is its owner's again as soon as the call has ended: overwriting it at once corrupts nothing, and nobody else writes to it.
/// </summary>
public abstract class BufferReuseTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 1000;
    private const int MostSpins = 3000;
    private const byte Mine = 0xEE;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_that_was_given_up_leaves_its_buffer_and_the_data_alone(bool cancel)
    {
        using TcpPairUnderTest pair = ConnectPair();
        var random = new Random(60);
        using var race = new Race();
        byte[] message = Payload.Of(64);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] buffer = new byte[message.Length];
            int received = 0;
            using var source = new CancellationTokenSource();
            pair.Accepted.ReceiveTimeout = cancel ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(1 + random.Next(1000));
            int spins = random.Next(MostSpins);

            Task<int> receive = pair.Accepted.ReceiveAsync(buffer, source.Token).AsTask();
            (Exception? failed, _) = await race.MeetAsync(
                Race.Call(() => pair.Client.Send(message)),
                Race.Call(() =>
                {
                    Thread.SpinWait(spins);
                    if (cancel)
                    {
                        source.Cancel();
                    }
                }));
            failed.Should().BeNull();
            switch (await Expect.Failure(receive))
            {
                case null:
                    received = await receive;
                    break;
                case OperationCanceledException or SocketTimeoutException:
                    buffer.AsSpan().Fill(Mine);
                    break;
                case { } other:
                    throw new InvalidOperationException($"Round {round}", other);
            }

            byte[] rest = new byte[message.Length - received];
            pair.Accepted.ReceiveTimeout = Limits.Hang;
            await pair.Accepted.ReceiveExactlyAsync(rest).Within();
            buffer.AsSpan(0, received).ToArray().Concat(rest).Should().Equal(message);
            if (received == 0)
            {
                buffer.Should().OnlyContain(static value => value == Mine, "nobody writes to it any more");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_receive_that_was_given_up_leaves_its_buffer_and_the_datagram_alone(bool cancel)
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        var random = new Random(61);
        byte[] message = Payload.Of(64);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] buffer = new byte[message.Length];
            using var source = new CancellationTokenSource();
            receiver.ReceiveTimeout = cancel ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks(1 + random.Next(1000));
            Task<ReceivedDatagram> receive = receiver.ReceiveFromAsync(buffer, source.Token).AsTask();
            Task send = Task.Run(() => sender.Send(message));
            Thread.SpinWait(random.Next(MostSpins));
            if (cancel)
            {
                source.Cancel();
            }

            Exception? failure = await Expect.Failure(receive);
            if (failure is null)
            {
                buffer.Should().Equal(message);
            }
            else
            {
                failure.Should().Match<Exception>(static thrown =>
                    thrown is OperationCanceledException || thrown is SocketTimeoutException);
                buffer.AsSpan().Fill(Mine);
                byte[] again = new byte[message.Length];
                receiver.ReceiveTimeout = Limits.Hang;
                (await receiver.ReceiveFromAsync(again).Within()).Length.Should().Be(message.Length);
                again.Should().Equal(message);
                buffer.Should().OnlyContain(static value => value == Mine, "nobody writes to it any more");
            }

            await send.Within();
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_that_timed_out_has_sent_what_it_says_and_nothing_that_was_written_afterwards(CallShape shape)
    {
        for (int round = 0; round < 10; round++)
        {
            using TcpPairUnderTest pair = ConnectPair();
            byte[] original = Payload.Of(Payload.MoreThanKernelTakes);
            byte[] buffer = [.. original];
            pair.Client.SendTimeout = TimeSpan.FromMilliseconds(50);

            Exception? failure = await Expect.Failure(pair.Client.SendBy(shape, buffer));
            Array.Fill(buffer, Mine);

            int sent = (int)failure.Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred;
            sent.Should().BeInRange(1, original.Length - 1);
            pair.Client.ShutdownSend();
            byte[] received = await pair.Accepted.ReadToEnd().Within();
            received.AsSpan().SequenceEqual(original.AsSpan(0, sent)).Should().BeTrue();
        }
    }

    [Fact]
    public async Task A_cancelled_send_has_sent_nothing_that_was_written_afterwards()
    {
        for (int round = 0; round < 10; round++)
        {
            using TcpPairUnderTest pair = ConnectPair();
            byte[] original = Payload.Of(Payload.MoreThanKernelTakes);
            byte[] buffer = [.. original];
            using var source = new CancellationTokenSource();
            Task send = pair.Client.SendAsync(buffer, source.Token).AsTask();
            byte[] received = new byte[original.Length / 16];
            await pair.Accepted.ReceiveExactlyAsync(received).Within();

            await source.CancelAsync();
            await Expect.Canceled(send, source.Token);
            Array.Fill(buffer, Mine);

            received.AsSpan().SequenceEqual(original.AsSpan(0, received.Length)).Should().BeTrue();
            int position = received.Length;
            Exception? end = await Record.ExceptionAsync(async () =>
            {
                int count;
                while ((count = await pair.Accepted.ReceiveAsync(received).Within()) > 0)
                {
                    received.AsSpan(0, count).SequenceEqual(original.AsSpan(position, count)).Should().BeTrue();
                    position += count;
                }
            });
            Expect.Disconnected(end);
        }
    }

    [Fact]
    public void A_datagram_that_was_sent_keeps_its_content()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = ConnectedTo(receiver);
        byte[] buffer = new byte[64];
        byte[] received = new byte[64];
        receiver.ReceiveTimeout = Limits.Hang;
        for (int round = 0; round < Rounds; round++)
        {
            Array.Fill(buffer, (byte)round);
            sender.Send(buffer);
            Array.Fill(buffer, Mine);

            receiver.ReceiveFrom(received).Length.Should().Be(64);
            received.Should().OnlyContain(value => value == (byte)round);
        }
    }
}

public sealed class BufferReuseTests_Portable : BufferReuseTests<PortableUnderTest>;

public sealed class BufferReuseTests_Epoll : BufferReuseTests<EpollUnderTest>;
