using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>
/// An endpoint is closed while somebody else has its descriptor, as a child process has until it runs its own program. The kernel keeps the
/// socket for that long, and its peers learn of the close all the same.
/// </summary>
public abstract class UnixHeldDescriptorTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[16];

    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxFact]
    public async Task A_connected_sender_learns_that_its_receiver_is_gone_and_finds_the_next_one()
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
            using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
            using SafeSocketHandle held = Hold(receiver);

            receiver.Dispose();

            await Expect.Socket(SendAsync(sender, shape), SocketError.ConnectionRefused);
            using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(PathOf(), Options);
            await SendAsync(sender, shape);
            returned.ReceiveFrom(_buffer).Length.Should().Be(1);
        }
    }

    [LinuxTheory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_that_waits_for_room_ends_when_the_receiver_closes(CallShape shape)
    {
        UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using SafeSocketHandle held = Hold(receiver);
        while (sender.TrySend("x"u8, out _))
        {
        }

        Task waiting = SendAsync(sender, shape);
        receiver.Dispose();

        await Expect.Socket(waiting, SocketError.ConnectionRefused);
    }

    [LinuxFact]
    public async Task The_other_end_of_a_pair_learns_it_too()
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(Options);
            using UnixDatagramEndpoint peer = second;
            using SafeSocketHandle held = Hold(first);

            first.Dispose();

            await Expect.Socket(SendAsync(peer, shape), SocketError.Shutdown);
        }
    }

    [LinuxFact]
    public async Task A_sequenced_connection_ends_for_its_peer()
    {
        var options = new UnixDatagramOptions { Engine = Engine, SequencedPacket = true };
        foreach (bool blocking in new[] { false, true })
        {
            (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(options);
            using UnixDatagramEndpoint peer = second;
            using SafeSocketHandle held = Hold(first);
            Task receiving = blocking ? Limits.OnThread(() => peer.Receive(_buffer)) : peer.ReceiveAsync(_buffer).AsTask();

            first.Dispose();

            await Expect.Socket(receiving, SocketError.Disconnecting);
            Record.Exception(() => peer.Send("x"u8)).Should().BeOfType<SocketOperationException>();
        }
    }

    /// <summary>The kernel gives a name back with the last descriptor. Until then nothing is received by it.</summary>
    [LinuxFact]
    public void An_abstract_name_is_free_again_when_nobody_has_the_descriptor()
    {
        string name = AbstractName();
        UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(name, Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(name, Options);
        SafeSocketHandle held = Hold(receiver);

        receiver.Dispose();

        Expect.Socket(Record.Exception(() => UnixDatagramEndpoint.Bind(name, Options)), SocketError.AddressAlreadyInUse);
        Expect.Socket(Record.Exception(() => sender.Send("x"u8)), SocketError.ConnectionRefused);
        held.Dispose();
        using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(name, Options);
        sender.Send("x"u8);
        returned.ReceiveFrom(_buffer).Length.Should().Be(1);
    }

    /// <summary>A duplicate that this library has made is there to go on.</summary>
    [LinuxFact]
    public void A_duplicate_that_was_asked_for_goes_on_receiving()
    {
        UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using UnixDatagramEndpoint again = UnixDatagramEndpoint.FromSocket(new Socket(receiver.DuplicateHandle()), Options);

        receiver.Dispose();

        sender.Send("x"u8).Should().Be(1);
        again.ReceiveFrom(_buffer).Length.Should().Be(1);
    }

    /// <summary>A duplicate of which the endpoint does not know.</summary>
    private static SafeSocketHandle Hold(UnixDatagramEndpoint endpoint) => Descriptors.Duplicate(endpoint.Socket);

    private static async Task SendAsync(UnixDatagramEndpoint sender, CallShape shape)
    {
        int sent = shape switch
        {
            CallShape.Blocking => await Limits.OnThread(() => sender.Send("x"u8)).Within(),
            CallShape.Try => sender.TrySend("x"u8, out int count) ? count : -1,
            _ => await sender.SendAsync("x"u8.ToArray()).Within(),
        };
        sent.Should().Be(1);
    }
}

public sealed class UnixHeldDescriptorTests_Portable : UnixHeldDescriptorTests<PortableUnderTest>;

public sealed class UnixHeldDescriptorTests_PortableWithoutSystemCalls : UnixHeldDescriptorTests<PortableWithoutSystemCalls>;

public sealed class UnixHeldDescriptorTests_Epoll : UnixHeldDescriptorTests<EpollUnderTest>;
