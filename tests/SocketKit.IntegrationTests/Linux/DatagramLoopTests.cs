using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Datagram endpoints that share a loop with others: none holds up its neighbours, and none keeps the loop awake.</summary>
[Collection(Serial.Name)]
public sealed class DatagramLoopTests : UnixTests<EpollUnderTest>
{
    private const int Neighbours = 4;
    private const int Rounds = 50;

    private readonly byte[] _buffer = new byte[16];

    private UdpEndpointOptions UdpOptions => new() { Engine = Engine };

    [LinuxFact]
    public async Task Code_after_a_receive_that_blocks_holds_up_nobody()
    {
        using var released = new ManualResetEventSlim();
        using UdpEndpoint blocked = Bind();
        Task blocking = BlockAsync(blocked, released);
        using UdpEndpoint client = ConnectTo(blocked);
        client.Send("x"u8);

        await EchoManyAsync();

        released.Set();
        await blocking.Within();
    }

    [LinuxFact]
    public async Task An_endpoint_that_always_has_a_datagram_leaves_its_neighbours_their_turn()
    {
        using UdpEndpoint flooded = Bind();
        using UdpEndpoint flood = ConnectTo(flooded);
        bool isOver = false;
        Task draining = DrainAsync(flooded, () => Volatile.Read(ref isOver));
        Task flooding = Limits.OnThread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                flood.Send("x"u8);
            }
        });

        await EchoManyAsync();

        Volatile.Write(ref isOver, true);
        await flooding.Within();
        flood.Send("x"u8);
        await draining.Within();
    }

    [LinuxFact]
    public async Task A_socket_that_another_holder_has_shut_down_fails_its_receives_and_leaves_the_loop_alone()
    {
        using UdpEndpoint endpoint = Bind();
        Task receive = endpoint.ReceiveFromAsync(_buffer).AsTask();

        // It has no peer, but the kernel shuts it down all the same (inet_shutdown in net/ipv4/af_inet.c).
        Record.Exception(() => endpoint.Socket.Shutdown(SocketShutdown.Both)).Should().BeOfType<SocketException>();

        await Expect.Socket(receive, SocketError.Shutdown);
        await Expect.Socket(endpoint.ReceiveFromAsync(_buffer).AsTask(), SocketError.Shutdown);
        await EchoManyAsync();
    }

    [LinuxFact]
    public async Task Of_sends_that_wait_for_two_peers_each_goes_when_its_own_peer_has_room()
    {
        using UnixDatagramEndpoint sender = BindUnix("sender");
        using UnixDatagramEndpoint first = BindUnix("first");
        using UnixDatagramEndpoint second = BindUnix("second");
        Fill(sender, first);
        Fill(sender, second);
        Task<int>[] toFirst = [.. Enumerable.Range(0, 3).Select(_ => sender.SendToAsync(_buffer, first.LocalEndPoint!).AsTask())];
        Task<int>[] toSecond = [.. Enumerable.Range(0, 3).Select(_ => sender.SendToAsync(_buffer, second.LocalEndPoint!).AsTask())];

        Drain(second);
        await Task.WhenAll(toSecond).Within();
        toFirst.Should().OnlyContain(static send => !send.IsCompleted);
        Drain(first);
        await Task.WhenAll(toFirst).Within();
    }

    [LinuxFact]
    public async Task Endpoints_that_nobody_disposed_give_their_descriptors_back()
    {
        await DropAsync(10);
        Collect();
        int baseline = OpenDescriptors.Count();

        await DropAsync(200);

        // The last ones may still be on somebody's stack.
        OpenDescriptors.ShouldReturnTo(baseline + 2, Collect);
    }

    private static async Task BlockAsync(UdpEndpoint endpoint, ManualResetEventSlim released)
    {
        await endpoint.ReceiveFromAsync(new byte[1]);
        released.Wait(Limits.Hang).Should().BeTrue();
    }

    private static async Task DrainAsync(UdpEndpoint endpoint, Func<bool> isOver)
    {
        byte[] buffer = new byte[1];
        while (!isOver())
        {
            await endpoint.ReceiveFromAsync(buffer);
        }
    }

    /// <summary>Exchanges with neighbours on the same loop, all of which are async.</summary>
    private async Task EchoManyAsync()
    {
        for (int i = 0; i < Neighbours; i++)
        {
            using UdpEndpoint server = Bind();
            using UdpEndpoint client = ConnectTo(server);
            var from = new SocketAddress(AddressFamily.InterNetwork);
            byte[] served = new byte[4];
            byte[] echo = new byte[4];
            for (int round = 0; round < Rounds; round++)
            {
                Task<ReceivedDatagram> arrived = server.ReceiveFromAsync(served, from).AsTask();
                Task<ReceivedDatagram> answered = client.ReceiveAsync(echo).AsTask();
                await client.SendAsync(BitConverter.GetBytes(round));
                await arrived.Within();
                await server.SendToAsync(served, from);
                await answered.Within();
                BitConverter.ToInt32(echo).Should().Be(round);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task DropAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            UdpEndpoint endpoint = Bind();
            endpoint.SendTo("x"u8, endpoint.LocalEndPoint);
            await endpoint.ReceiveFromAsync(_buffer).Within();
            endpoint.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
            await Expect.Timeout(endpoint.ReceiveFromAsync(_buffer).AsTask());
        }
    }

    private UdpEndpoint Bind() => UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), UdpOptions);

    private UdpEndpoint ConnectTo(UdpEndpoint peer) => UdpEndpoint.Connect("127.0.0.1", peer.Port, UdpOptions);

    private UnixDatagramEndpoint BindUnix(string name) => UnixDatagramEndpoint.Bind(PathOf(name), new() { Engine = Engine });

    private static void Fill(UnixDatagramEndpoint sender, UnixDatagramEndpoint receiver)
    {
        while (sender.TrySendTo("x"u8, receiver.LocalEndPoint!, out _))
        {
        }
    }

    private void Drain(UnixDatagramEndpoint receiver)
    {
        while (receiver.TryReceiveFrom(_buffer, out _))
        {
        }
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
