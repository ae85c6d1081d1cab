using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SafeSocketHandle = System.Net.Sockets.SafeSocketHandle;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpWaitTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_receive_times_out_and_the_endpoint_stays_usable()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[8];
        server.ReceiveTimeout = Moment;

        long start = Stopwatch.GetTimestamp();
        new Action(() => server.ReceiveFrom(buffer)).Should().Throw<SocketTimeoutException>().WithMessage("receive on*50 ms*")
            .Which.BytesTransferred.Should().Be(0);
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(Moment);
        new Action(() => server.PeekFrom(buffer)).Should().Throw<SocketTimeoutException>();
        await new Func<Task>(() => server.ReceiveFromAsync(buffer).Within()).Should().ThrowAsync<SocketTimeoutException>();

        client.SendTo("x"u8, server.LocalEndPoint);
        (await server.ReceiveFromAsync(buffer).Within()).Length.Should().Be(1);
        client.SendTo("xy"u8, server.LocalEndPoint);
        server.ReceiveFrom(buffer).Length.Should().Be(2);
    }

    [Fact]
    public void Non_blocking_receives_do_not_wait()
    {
        using UdpEndpoint server = Bind();
        server.Blocking = false;

        new Action(() => server.ReceiveFrom(new byte[8])).Should().Throw<System.Net.Sockets.SocketException>()
            .Which.SocketErrorCode.Should().Be(SocketError.WouldBlock);
        server.TryReceiveFrom(new byte[8], out ReceivedDatagram datagram).Should().BeFalse();
        datagram.Should().Be(default(ReceivedDatagram));
        server.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        server.WaitWritable(TimeSpan.Zero).Should().BeTrue();
    }

    [Fact]
    public async Task A_cancelled_receive_loses_nothing()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        const int Messages = 2000;
        int received = 0;
        byte[] buffer = new byte[8];
        var random = new Random(42);

        // Nothing is there before the first cancellation, so that there is one however quick the sender is.
        Task? sender = null;
        while (received < Messages)
        {
            using var source = new CancellationTokenSource();
            ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(buffer, source.Token);
            if (sender is null || random.Next(2) == 0)
            {
                await source.CancelAsync();
            }

            try
            {
                (await pending.Within()).Length.Should().Be(4);
                BitConverter.ToInt32(buffer).Should().Be(received);
                Volatile.Write(ref received, received + 1);
            }
            catch (OperationCanceledException exception)
            {
                // Cancelled as intended; the datagram, if one came, is the next receive's.
                exception.CancellationToken.Should().Be(source.Token);
                sender ??= Limits.OnThread(Send);
            }
        }

        await sender!.Within();

        void Send()
        {
            for (int i = 0; i < Messages; i++)
            {
                client.SendTo(BitConverter.GetBytes(i), server.LocalEndPoint);
                SpinWait.SpinUntil(() => Volatile.Read(ref received) >= i - 50);
            }
        }
    }

    [Fact]
    public async Task A_token_that_has_fired_prevents_the_call()
    {
        using UdpEndpoint server = Bind();
        server.SendTo("x"u8, server.LocalEndPoint);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        (await new Func<Task>(() => server.ReceiveFromAsync(new byte[8], source.Token).Within())
            .Should().ThrowAsync<OperationCanceledException>())
            .Which.CancellationToken.Should().Be(source.Token);
        await new Func<Task>(() => server.SendToAsync("y"u8.ToArray(), server.LocalEndPoint, source.Token).Within())
            .Should().ThrowAsync<OperationCanceledException>();
        await new Func<Task>(() => server.WaitReadableAsync(source.Token).Within()).Should().ThrowAsync<OperationCanceledException>();
        server.ReceiveFrom(new byte[8]).Length.Should().Be(1);
        server.TryReceiveFrom(new byte[8], out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_wait_takes_nothing_and_may_stand_beside_a_receive()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        ValueTask first = server.WaitReadableAsync();
        ValueTask second = server.WaitReadableAsync();

        client.SendTo("x"u8, server.LocalEndPoint);
        await first.Within();
        await second.Within();
        await server.WaitReadableAsync().Within();

        server.TryReceiveFrom(new byte[8], out _).Should().BeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_wakes_a_blocked_receive(bool withDeadline)
    {
        for (int i = 0; i < 1000; i++)
        {
            UdpEndpoint server = Bind();
            server.ReceiveTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
            using var started = new ManualResetEventSlim();
            Task receive = Limits.OnThread(() =>
            {
                started.Set();
                server.ReceiveFrom(new byte[8]);
            });
            started.Wait(Limits.Hang).Should().BeTrue();
            server.Dispose();
            await new Func<Task>(() => receive.Within()).Should().ThrowAsync<ObjectDisposedException>();
        }
    }

    [LinuxFact]
    public async Task Dispose_wakes_a_receive_that_was_blocked_before_the_handle_was_duplicated()
    {
        for (int i = 0; i < 100; i++)
        {
            UdpEndpoint server = Bind();
            using var started = new ManualResetEventSlim();
            Task receive = Limits.OnThread(() =>
            {
                started.Set();
                server.ReceiveFrom(new byte[8]);
            });
            started.Wait(Limits.Hang).Should().BeTrue();
            using SafeSocketHandle duplicate = server.DuplicateHandle();
            server.Dispose();
            await new Func<Task>(() => receive.Within()).Should().ThrowAsync<ObjectDisposedException>();
        }
    }

    [Fact]
    public async Task Dispose_ends_pending_and_later_calls()
    {
        for (int i = 0; i < 1000; i++)
        {
            UdpEndpoint server = Bind();
            ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(new byte[8]);
            ValueTask waiting = server.WaitReadableAsync();
            Task dispose = Task.Run(server.Dispose);
            await new Func<Task>(() => pending.Within()).Should().ThrowAsync<ObjectDisposedException>();
            await new Func<Task>(() => waiting.Within()).Should().ThrowAsync<ObjectDisposedException>();
            await dispose.Within();
            if (i == 0)
            {
                new Action(() => server.ReceiveFrom(new byte[8])).Should().Throw<ObjectDisposedException>();
                new Action(() => server.TryReceiveFrom(new byte[8], out _)).Should().Throw<ObjectDisposedException>();
                new Action(() => server.SendTo("x"u8, server.LocalEndPoint)).Should().Throw<ObjectDisposedException>();
                new Action(() => server.Send("x"u8)).Should().Throw<ObjectDisposedException>();
                new Action(() => server.ConnectTo(server.LocalEndPoint)).Should().Throw<ObjectDisposedException>();
                new Action(() => server.JoinGroup(System.Net.IPAddress.Parse("239.1.1.1"))).Should().Throw<ObjectDisposedException>();
                server.Port.Should().BePositive();
                server.ToString().Should().EndWith("[closed]");
            }
        }
    }

    [Fact]
    public void A_borrowed_socket_stays_open()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        new Action(() => UdpEndpoint.FromSocket(socket, ownsSocket: false)).Should().Throw<ArgumentException>().WithMessage("*not bound*");
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));

        using (UdpEndpoint endpoint = UdpEndpoint.FromSocket(socket, ownsSocket: false))
        {
            endpoint.SendTo("x"u8, endpoint.LocalEndPoint);
            endpoint.ReceiveFrom(new byte[8]).Length.Should().Be(1);
        }

        socket.Blocking.Should().BeTrue();
        socket.SendTo(new byte[] { 1 }, socket.LocalEndPoint!);
        socket.Receive(new byte[8]).Should().Be(1);
    }

    [Fact]
    public void A_deadline_shorter_than_any_wait_still_takes_what_is_there()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        server.ReceiveTimeout = TimeSpan.FromTicks(1);
        for (int i = 0; i < 20; i++)
        {
            client.SendTo("x"u8, server.LocalEndPoint);
            server.PeekFrom(new byte[8]).Length.Should().Be(1);
            server.ReceiveFrom(new byte[8]).Length.Should().Be(1);
            Expect.Timeout(Record.Exception(() => server.ReceiveFrom(new byte[8])));
        }
    }
}

public sealed class UdpWaitTests_Portable : UdpWaitTests<PortableUnderTest>;

public sealed class UdpWaitTests_PortableWithoutSystemCalls : UdpWaitTests<PortableWithoutSystemCalls>;

public sealed class UdpWaitTests_Epoll : UdpWaitTests<EpollUnderTest>;
