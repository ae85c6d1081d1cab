using System.Buffers;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>
/// What a caller hands to an endpoint may throw or be wrong: the call says so, no datagram is lost, and the endpoint serves the next call.
/// </summary>
public abstract class CallerFaultTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[16];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_receive_throws_what_its_memory_throws_at_any_access_and_the_datagram_stays(int accesses)
    {
        foreach (ReceiveCall call in ReceiveCalls)
        {
            foreach (bool expectsData in new[] { false, true })
            {
                using UdpEndpoint client = Bind();
                using UdpEndpoint server = ConnectedTo(client);
                var memory = new ThrowingMemory(16);
                using IMemoryOwner<byte> owner = memory;
                Memory<byte> handed = memory.Memory;
                if (expectsData)
                {
                    // After a datagram that was there already an endpoint tries before it waits.
                    client.SendTo("first"u8, server.LocalEndPoint);
                    client.SendTo("x"u8, server.LocalEndPoint);
                    (await server.ReceiveFromAsync(_buffer).Within()).Length.Should().Be(5);
                }

                memory.LetGoAfter(accesses);
                Task<ReceivedDatagram> receive = Begin(() => call(server, handed));
                if (!expectsData)
                {
                    client.SendTo("x"u8, server.LocalEndPoint);
                }

                Exception? failure = await Expect.Failure(receive);
                (failure is null && accesses == 0).Should().BeFalse();
                if (failure is not null)
                {
                    failure.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Be("The memory is gone.");
                    server.ReceiveTimeout = Limits.Hang;
                    server.ReceiveFrom(_buffer).Length.Should().Be(1, "what the memory did not take stays in the kernel");
                }

                Task<ReceivedDatagram> next = server.ReceiveFromAsync(_buffer).AsTask();
                client.SendTo("next"u8, server.LocalEndPoint);
                (await next.Within()).Length.Should().Be(4);
            }
        }
    }

    [Fact]
    public async Task A_send_throws_what_its_memory_throws_and_sends_nothing()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = ConnectedTo(server);
        var memory = new ThrowingMemory(16);
        using IMemoryOwner<byte> owner = memory;
        Memory<byte> handed = memory.Memory;
        memory.LetGo();

        foreach (Func<ValueTask<int>> send in new Func<ValueTask<int>>[]
        {
            () => client.SendAsync(handed),
            () => client.SendToAsync(handed, server.LocalEndPoint),
            () => client.SendToAsync(handed, server.LocalEndPoint.Serialize()),
            () => client.SendToAsync(handed, server.LocalEndPoint, client.LocalEndPoint.Address),
        })
        {
            (await Expect.Failure(Begin(send))).Should().BeOfType<InvalidOperationException>();
        }

        (await client.SendAsync("x"u8.ToArray()).Within()).Should().Be(1);
        server.ReceiveFrom(_buffer).Length.Should().Be(1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(15)]
    public async Task A_socket_address_without_room_is_refused_in_every_shape(int size)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        client.SendTo("x"u8, server.LocalEndPoint);

        var address = new SocketAddress(AddressFamily.InterNetwork, size);
        foreach (Func<Task> call in AddressCalls(server, address))
        {
            (await Expect.Failure(Begin(call))).Should().BeAssignableTo<ArgumentException>();
        }

        (await server.ReceiveFromAsync(_buffer).Within()).Length.Should().Be(1);
        client.SendTo("next"u8, server.LocalEndPoint);
        server.ReceiveFrom(_buffer).Length.Should().Be(4);
    }

    [Fact]
    public async Task A_socket_address_of_another_family_is_refused_by_sends_and_overwritten_by_receives()
    {
        using UdpEndpoint server = Bind(new UdpEndpointOptions { Engine = Engine, ReceivePacketInfo = true });
        using UdpEndpoint client = Bind();
        foreach (AddressFamily family in new[] { AddressFamily.InterNetworkV6, AddressFamily.Unix })
        {
            SocketAddress Foreign() => new(family, 128);
            foreach (Func<Task> send in SendCalls(server, Foreign()))
            {
                (await Expect.Failure(Begin(send))).Should().BeAssignableTo<ArgumentException>();
            }

            foreach (Func<SocketAddress, Task> receive in AddressedReceives(server))
            {
                client.SendTo("x"u8, server.LocalEndPoint);
                server.WaitReadable(Limits.Hang).Should().BeTrue();
                SocketAddress from = Foreign();
                await receive(from).Within();
                server.LocalEndPoint.Create(Exact(from)).Should().Be(client.LocalEndPoint);
            }
        }
    }

    [Fact]
    public async Task An_end_point_of_the_callers_is_asked_for_its_address_and_port_only()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        var to = new ThrowingIPEndPoint(server.LocalEndPoint);

        client.SendTo("1"u8, to);
        client.TrySendTo("22"u8, to, out _).Should().BeTrue();
        await client.SendToAsync("333"u8.ToArray(), to).Within();
        client.ConnectTo(to);
        client.Send("4444"u8);
        client.SendTo("55555"u8, to);
        using UdpEndpoint connected = UdpEndpoint.Connect(to, new UdpEndpointOptions { Engine = Engine });
        connected.Send("666666"u8);

        for (int length = 1; length <= 6; length++)
        {
            server.ReceiveFrom(_buffer).Length.Should().Be(length);
        }

        client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
    }

    [Fact]
    public async Task An_end_point_that_throws_does_not_hide_the_systems_error()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        var to = new ThrowingIPEndPoint(server.LocalEndPoint);
        byte[] tooLong = new byte[65_536];

        foreach (Func<Task> send in EndPointSends(client, tooLong, to))
        {
            Exception? failure = await Expect.Failure(Begin(send));
            Expect.Socket(failure, SocketError.MessageSize).Message.Should().Contain($"→ {server.LocalEndPoint} ");
        }

        foreach (Func<Task> send in EndPointSends(client, tooLong, new ThrowingEndPoint()))
        {
            Exception? failure = await Expect.Failure(Begin(send));
            failure.Should().BeOfType<ArgumentException>().Which.Message.Should().Contain(nameof(ThrowingEndPoint));
        }

        client.SendTo("x"u8, server.LocalEndPoint);
        server.ReceiveFrom(_buffer).Length.Should().Be(1);
    }

    [Fact]
    public async Task A_second_await_is_an_invalid_operation_and_harms_nobody()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        foreach (bool owned in new[] { false, true })
        {
            ValueTask<ReceivedDatagram> pending = owned
                ? server.ReceiveFromAsync(_buffer, new SocketAddress(AddressFamily.InterNetwork))
                : server.ReceiveFromAsync(_buffer);
            ValueTask<ReceivedDatagram> copy = pending;
            client.SendTo("x"u8, server.LocalEndPoint);
            (await pending.Within()).Length.Should().Be(1);

            (await Record.ExceptionAsync(async () => await copy)).Should().BeOfType<InvalidOperationException>();
        }

        ValueTask<ReceivedDatagram> next = server.ReceiveFromAsync(_buffer);
        client.SendTo("next"u8, server.LocalEndPoint);
        ReceivedDatagram datagram = await next.Within();
        datagram.Length.Should().Be(4);
        datagram.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public void An_endpoint_keeps_the_last_caller_of_a_receive_alive_no_longer_than_the_call()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();

        WeakReference caller = Receive(server, client);

        SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                return !caller.IsAlive;
            },
            Limits.Hang).Should().BeTrue();
    }

    private static ReceiveCall[] ReceiveCalls =>
    [
        static (endpoint, memory) => endpoint.ReceiveFromAsync(memory),
        static (endpoint, memory) => endpoint.ReceiveFromAsync(memory, new SocketAddress(AddressFamily.InterNetwork)),
        static (endpoint, memory) => endpoint.ReceiveAsync(memory),
        static (endpoint, memory) => endpoint.ReceiveFromAsync(memory, Limits.Hang),
        static (endpoint, memory) => endpoint.ReceiveAsync(memory, Limits.Hang),
    ];

    private delegate ValueTask<ReceivedDatagram> ReceiveCall(UdpEndpoint endpoint, Memory<byte> memory);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Receive(UdpEndpoint server, UdpEndpoint client)
    {
        Task<ReceivedDatagram> caller = Begin(() => server.ReceiveFromAsync(new byte[8]));
        caller.IsCompleted.Should().BeFalse();
        client.SendTo("x"u8, server.LocalEndPoint);
        caller.Wait(Limits.Hang).Should().BeTrue();
        return new WeakReference(caller);
    }

    /// <summary>Runs a call up to where it waits; what it throws before that is in the task, too.</summary>
    private static async Task<T> Begin<T>(Func<ValueTask<T>> call) => await call();

    private static async Task Begin(Func<Task> call) => await call();

    private static SocketAddress Exact(SocketAddress address)
    {
        var exact = new SocketAddress(AddressFamily.InterNetwork);
        address.Buffer.Span[..exact.Size].CopyTo(exact.Buffer.Span);
        return exact;
    }

    private static IEnumerable<Func<Task>> EndPointSends(UdpEndpoint endpoint, byte[] data, EndPoint to) =>
    [
        () => Task.FromResult(endpoint.SendTo(data, to)),
        () => Task.FromResult(endpoint.TrySendTo(data, to, out _)),
        () => endpoint.SendToAsync(data, to).AsTask(),
        .. to is IPEndPoint ip ? SourcedSends(endpoint, data, ip) : [],
    ];

    private static IEnumerable<Func<Task>> SourcedSends(UdpEndpoint endpoint, byte[] data, IPEndPoint to) =>
    [
        () => Task.FromResult(endpoint.SendTo(data, to, endpoint.LocalEndPoint.Address)),
        () => Task.FromResult(endpoint.TrySendTo(data, to, endpoint.LocalEndPoint.Address, out _)),
        () => endpoint.SendToAsync(data, to, endpoint.LocalEndPoint.Address).AsTask(),
    ];

    private static IEnumerable<Func<Task>> SendCalls(UdpEndpoint endpoint, SocketAddress address) =>
    [
        () => Task.FromResult(endpoint.SendTo("x"u8, address)),
        () => Task.FromResult(endpoint.TrySendTo("x"u8, address, out _)),
        () => endpoint.SendToAsync("x"u8.ToArray(), address).AsTask(),
    ];

    private static IEnumerable<Func<SocketAddress, Task>> AddressedReceives(UdpEndpoint endpoint) =>
    [
        address => Task.FromResult(endpoint.ReceiveFrom(new byte[8], address)),
        address => Task.FromResult(endpoint.TryReceiveFrom(new byte[8], address, out _)),
        address => endpoint.ReceiveFromAsync(new byte[8], address).AsTask(),
    ];

    private static IEnumerable<Func<Task>> AddressCalls(UdpEndpoint endpoint, SocketAddress address) =>
        AddressedReceives(endpoint).Select(receive => (Func<Task>)(() => receive(address))).Concat(SendCalls(endpoint, address));
}

public sealed class CallerFaultTests_Portable : CallerFaultTests<PortableUnderTest>;

public sealed class CallerFaultTests_PortableWithoutSystemCalls : CallerFaultTests<PortableWithoutSystemCalls>;

public sealed class CallerFaultTests_Epoll : CallerFaultTests<EpollUnderTest>;
