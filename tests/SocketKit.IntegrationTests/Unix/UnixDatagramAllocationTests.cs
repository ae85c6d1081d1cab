using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>A send that waits, which on loopback is a Unix one: there the kernel takes each UDP datagram from its sender at once.</summary>
[Collection(Serial.Name)]
public abstract class UnixDatagramAllocationTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>Each one takes a millisecond or more, since a waiting send looks again after pauses.</summary>
    private const int Sends = 50;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly byte[] _message = new byte[16];
    private readonly byte[] _buffer = new byte[16];

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocking_send_that_waits_allocates_nothing(bool armed)
    {
        using UnixDatagramEndpoint receiver = Bind();
        using UnixDatagramEndpoint sender = ConnectedAndFull(armed);

        long allocated = await Allocations.OfWaitingAsync(
            () => sender.Send(_message), () => receiver.TryReceiveFrom(_buffer, out _).Should().BeTrue(), Sends);

        allocated.Should().Be(0);
    }

    [LinuxTheory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_async_send_that_waits_allocates_nothing(bool armed, bool cancellable)
    {
        using UnixDatagramEndpoint receiver = Bind();
        using UnixDatagramEndpoint sender = ConnectedAndFull(armed);
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        int early = 0;

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count; i++)
                {
                    ValueTask<int> send = sender.SendAsync(_message, token);
                    early += send.IsCompleted ? 1 : 0;
                    receiver.TryReceiveFrom(_buffer, out _);
                    await send;
                }

                return Allocations.Since(start);
            },
            Sends);

        allocated.Should().Be(0);
        early.Should().Be(0, "the queue is full before each send");
    }

    private UnixDatagramEndpoint Bind() => UnixDatagramEndpoint.Bind(PathOf(), new UnixDatagramOptions { Engine = Engine });

    private UnixDatagramEndpoint ConnectedAndFull(bool armed)
    {
        var sender = UnixDatagramEndpoint.Connect(PathOf(), new UnixDatagramOptions { Engine = Engine });
        sender.SendTimeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        while (sender.TrySend(_message, out _))
        {
        }

        return sender;
    }
}

public sealed class UnixDatagramAllocationTests_Portable : UnixDatagramAllocationTests<PortableUnderTest>;

public sealed class UnixDatagramAllocationTests_Epoll : UnixDatagramAllocationTests<EpollUnderTest>;
