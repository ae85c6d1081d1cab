using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>A datagram endpoint is disposed under its calls: what waits ends as disposed, and what could go went.</summary>
[Collection(Serial.Name)]
public abstract class DatagramRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ReceiveFrom_ends_as_disposed(bool withDeadline) => EndsAsync(endpoint =>
    {
        endpoint.ReceiveTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
        return Race.Call(() => endpoint.ReceiveFrom(new byte[8]));
    });

    [Fact]
    public Task PeekFrom_ends_as_disposed() => EndsAsync(static endpoint => Race.Call(() => endpoint.PeekFrom(new byte[8])));

    [Fact]
    public Task Receive_from_a_peer_ends_as_disposed()
    {
        UdpEndpoint peer = Bind();
        return EndsAsync(
            endpoint =>
            {
                endpoint.ConnectTo(peer.LocalEndPoint);
                return Race.Call(() => endpoint.Receive(new byte[8]));
            },
            peer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ReceiveFromAsync_ends_as_disposed(bool withDeadline) => EndsAsync(endpoint =>
    {
        endpoint.ReceiveTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
        return () => endpoint.ReceiveFromAsync(new byte[8]).AsTask();
    });

    [Fact]
    public Task WaitReadable_ends_as_disposed() => EndsAsync(static endpoint => Race.Call(() => endpoint.WaitReadable(Limits.Hang)));

    [Fact]
    public Task WaitReadableAsync_ends_as_disposed() => EndsAsync(static endpoint => () => endpoint.WaitReadableAsync().AsTask());

    [Fact]
    public async Task Calls_that_are_pending_already_end_as_disposed_whoever_disposes()
    {
        for (int i = 0; i < Race.Rounds; i++)
        {
            UdpEndpoint endpoint = Bind();
            Task pending = endpoint.ReceiveFromAsync(new byte[8]).AsTask();
            Task waiting = endpoint.WaitReadableAsync().AsTask();

            (Exception? first, Exception? second) = await Race.MeetAsync(endpoint.Dispose, endpoint.Abort);

            first.Should().BeNull($"round {i}");
            second.Should().BeNull($"round {i}");
            await Expect.Disposed(pending);
            await Expect.Disposed(waiting);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_send_goes_or_ends_as_disposed(bool asynchronously)
    {
        using UdpEndpoint reader = Bind();
        byte[] buffer = new byte[4];
        for (int i = 0; i < Race.Rounds; i++)
        {
            UdpEndpoint endpoint = Bind();
            byte[] message = BitConverter.GetBytes(i);
            Func<Task> send = asynchronously
                ? () => endpoint.SendToAsync(message, reader.LocalEndPoint).AsTask()
                : Race.Call(() => endpoint.SendTo(message, reader.LocalEndPoint));

            (Exception? sent, Exception? disposed) = await Race.MeetAsync(send, Race.Call(endpoint.Dispose));

            sent?.Should().BeOfType<ObjectDisposedException>($"round {i}");
            disposed.Should().BeNull();
            if (sent is null)
            {
                (await reader.ReceiveFromAsync(buffer).Within()).RemoteEndPoint.Should().Be(endpoint.LocalEndPoint);
                buffer.Should().Equal(message);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_datagram_that_arrives_at_the_last_moment_is_received_whole_or_not_at_all(bool asynchronously)
    {
        using UdpEndpoint writer = Bind();
        for (int i = 0; i < Race.Rounds; i++)
        {
            UdpEndpoint endpoint = Bind();
            byte[] buffer = new byte[8];
            ReceivedDatagram? datagram = null;
            Task receiving = asynchronously
                ? ReceiveAsync()
                : Limits.OnThread(() => datagram = endpoint.ReceiveFrom(buffer));

            await Race.MeetAsync(() => writer.SendTo("last"u8, endpoint.LocalEndPoint), endpoint.Dispose);
            Exception? failure = await Expect.Failure(receiving);

            // An empty datagram would be the shutdown that wakes the receive.
            (datagram?.Length ?? 4).Should().Be(4, $"round {i}");
            (datagram is null).Should().Be(failure is ObjectDisposedException, $"round {i}: {failure}");

            async Task ReceiveAsync() => datagram = await endpoint.ReceiveFromAsync(buffer).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing is sent to it, so the call can only end because of the closing.</summary>
    private async Task EndsAsync(Func<UdpEndpoint, Func<Task>> call, UdpEndpoint? peer = null)
    {
        using UdpEndpoint? _ = peer;
        for (int i = 0; i < Race.Rounds; i++)
        {
            using UdpEndpoint endpoint = Bind();

            (Exception? ended, Exception? disposed) = await Race.MeetAsync(call(endpoint), Race.Call(endpoint.Dispose));

            ended.Should().BeOfType<ObjectDisposedException>($"round {i}");
            disposed.Should().BeNull();
        }
    }

    private UdpEndpoint Bind() => UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
}

public sealed class DatagramRaceTests_Portable : DatagramRaceTests<PortableUnderTest>;

public sealed class DatagramRaceTests_PortableWithoutSystemCalls : DatagramRaceTests<PortableWithoutSystemCalls>;

public sealed class DatagramRaceTests_Epoll : DatagramRaceTests<EpollUnderTest>;
