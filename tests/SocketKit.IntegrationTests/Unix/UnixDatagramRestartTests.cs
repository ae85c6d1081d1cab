using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>The receiver of a connected endpoint closes and comes back at its path, as a log server does that restarts.</summary>
public abstract class UnixDatagramRestartTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[16];

    /// <summary>System.Net.Sockets refuses to connect a socket again once a connect has failed.</summary>
    private static bool ConnectsAfterFailure => typeof(TEngine) != typeof(PortableWithoutSystemCalls);

    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxFact]
    public async Task A_connected_endpoint_goes_on_with_the_next_send_in_every_shape()
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            foreach (bool named in new[] { false, true })
            {
                using UnixDatagramEndpoint sender = named ? UnixDatagramEndpoint.Bind(PathOf("sender"), Options) : Connected();
                UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
                sender.ConnectTo(new UnixDomainSocketEndPoint(PathOf()));
                await SendAsync(sender, shape, "1"u8.ToArray());
                receiver.Dispose();

                Expect.Socket(await Expect.Failure(SendAsync(sender, shape, "2"u8.ToArray())), SocketError.ConnectionRefused)
                    .Message.Should().EndWith(
                        "(ConnectionRefused). Send again: the next send connects to the socket that is bound there by then. "
                        + "The option ReconnectAutomatically does so within the same send.");
                if (ConnectsAfterFailure)
                {
                    Expect.Socket(await Expect.Failure(SendAsync(sender, shape, "3"u8.ToArray())), SocketError.AddressNotAvailable)
                        .Message.Should().Contain($"there is no file {PathOf()}");
                }

                sender.RemoteEndPoint!.ToString().Should().Be(PathOf());

                using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(PathOf(), Options);
                await SendAsync(sender, shape, "4444"u8.ToArray());
                await SendAsync(sender, shape, "55555"u8.ToArray());

                ReceivedDatagram datagram = returned.ReceiveFrom(_buffer);
                datagram.Length.Should().Be(4);
                datagram.RemoteEndPoint.Should().Be(sender.LocalEndPoint);
                returned.ReceiveFrom(_buffer).Length.Should().Be(5);
            }
        }
    }

    [LinuxFact]
    public async Task With_ReconnectAutomatically_a_restart_costs_no_send_in_any_shape()
    {
        var options = new UnixDatagramOptions { Engine = Engine, ReconnectAutomatically = true };
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
            using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), options);
            for (int round = 0; round < 5; round++)
            {
                receiver.Dispose();
                receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
                await SendAsync(sender, shape, new byte[round]);
                receiver.ReceiveFrom(_buffer).Length.Should().Be(round);
            }

            receiver.Dispose();
            SocketError[] gone = [SocketError.AddressNotAvailable, SocketError.ConnectionRefused];
            gone.Should().Contain(((SocketException)(await Expect.Failure(SendAsync(sender, shape, "x"u8.ToArray())))!).SocketErrorCode);
            if (ConnectsAfterFailure)
            {
                Expect.Socket(await Expect.Failure(SendAsync(sender, shape, "x"u8.ToArray())), SocketError.AddressNotAvailable);
                using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(PathOf(), Options);
                await SendAsync(sender, shape, "333"u8.ToArray());
                returned.ReceiveFrom(_buffer).Length.Should().Be(3);
            }

            sender.RemoteEndPoint!.ToString().Should().Be(PathOf());
        }
    }

    [LinuxFact]
    public async Task With_ReconnectAutomatically_a_send_that_waits_for_room_goes_to_the_new_receiver()
    {
        var options = new UnixDatagramOptions { Engine = Engine, ReconnectAutomatically = true };
        UnixDatagramEndpoint full = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), options);
        while (sender.TrySend("x"u8, out _))
        {
        }

        File.Move(PathOf(), PathOf("old"));
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        Task<int> asynchronous = sender.SendAsync("1"u8.ToArray()).AsTask();
        Task<int> blocking = Limits.OnThread(() => sender.Send("22"u8));
        full.Dispose();

        (await asynchronous.Within()).Should().Be(1);
        (await blocking.Within()).Should().Be(2);
        (receiver.ReceiveFrom(_buffer).Length + receiver.ReceiveFrom(_buffer).Length).Should().Be(3);
    }

    [LinuxFact]
    public void With_ReconnectAutomatically_another_address_and_a_disconnect_are_left_alone()
    {
        var options = new UnixDatagramOptions { Engine = Engine, ReconnectAutomatically = true };
        UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Bind(PathOf("sender"), options);
        sender.ConnectTo(new UnixDomainSocketEndPoint(PathOf()));
        sender.Disconnect();
        receiver.Dispose();
        using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(PathOf(), Options);

        Record.Exception(() => sender.Send("x"u8)).Should().BeOfType<InvalidOperationException>();
        returned.TryReceiveFrom(_buffer, out _).Should().BeFalse();
        returned.Dispose();
        Expect.Socket(
            Record.Exception(() => sender.SendTo("x"u8, new UnixDomainSocketEndPoint(PathOf()))), SocketError.AddressNotAvailable);
    }

    [LinuxFact]
    public void A_send_while_nobody_is_there_is_told_by_an_outcome_of_the_socket()
    {
        using UnixDatagramEndpoint sender = Connected();
        for (int i = 0; i < 4; i++)
        {
            Record.Exception(() => sender.Send("x"u8)).Should().BeOfType<SocketOperationException>();
        }
    }

    [LinuxFact]
    public async Task Many_senders_of_one_endpoint_find_the_receiver_again()
    {
        using UnixDatagramEndpoint sender = Connected();
        Expect.Socket(Record.Exception(() => sender.Send("x"u8)), SocketError.ConnectionRefused);
        for (int round = 0; round < 50; round++)
        {
            using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
            Exception?[] failures = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => Limits.OnThread(() => Record.Exception(() => sender.Send("x"u8)))));

            failures.Should().OnlyContain(static failure => failure == null, $"round {round}");
            receiver.Dispose();
            Expect.Socket(Record.Exception(() => sender.Send("x"u8)), SocketError.ConnectionRefused);
        }
    }

    /// <summary>Between its shutdown and its close, which another process may delay that has inherited the descriptor.</summary>
    [LinuxFact]
    public void A_receiver_that_is_being_closed_counts_as_gone()
    {
        UnixDatagramEndpoint closing = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        closing.Socket.Shutdown(SocketShutdown.Both);

        Expect.Socket(Record.Exception(() => sender.Send("x"u8)), SocketError.ConnectionRefused);
        closing.Dispose();
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        sender.Send("x"u8);

        receiver.ReceiveFrom(_buffer).Length.Should().Be(1);
    }

    [LinuxFact]
    public void A_disconnect_after_the_refusal_holds_and_another_peer_is_kept()
    {
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Bind(PathOf("sender"), Options);
        using UnixDatagramEndpoint other = UnixDatagramEndpoint.Bind(PathOf("other"), Options);
        UnixDatagramEndpoint first = UnixDatagramEndpoint.Bind(PathOf(), Options);
        sender.ConnectTo(new UnixDomainSocketEndPoint(PathOf()));
        first.Dispose();
        Expect.Socket(Record.Exception(() => sender.Send("x"u8)), SocketError.ConnectionRefused);
        using UnixDatagramEndpoint returned = UnixDatagramEndpoint.Bind(PathOf(), Options);

        sender.ConnectTo(new UnixDomainSocketEndPoint(PathOf("other")));
        sender.Send("22"u8);
        sender.Disconnect();
        Record.Exception(() => sender.Send("x"u8)).Should().BeOfType<InvalidOperationException>();

        other.ReceiveFrom(_buffer).Length.Should().Be(2);
        returned.TryReceiveFrom(_buffer, out _).Should().BeFalse();
    }

    [LinuxFact]
    public void A_missing_path_and_a_message_that_is_too_long_are_worded_for_Unix_sockets()
    {
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using UnixDatagramEndpoint sender = UnixDatagramEndpoint.Bind(PathOf("sender"), Options);
        byte[] tooLong = new byte[64 * 1024 * 1024];

        Exception? missing = Record.Exception(() => sender.SendTo("x"u8, new UnixDomainSocketEndPoint(PathOf("missing"))));
        Expect.Socket(missing, SocketError.AddressNotAvailable)
            .Message.Should().Contain($"there is no file {PathOf("missing")}");
        Expect.Socket(Record.Exception(() => sender.SendTo(tooLong, receiver.LocalEndPoint!)), SocketError.MessageSize)
            .Message.Should().Contain("SendBufferSize").And.NotContain("UDP");
    }

    private UnixDatagramEndpoint Connected()
    {
        using UnixDatagramEndpoint first = UnixDatagramEndpoint.Bind(PathOf(), Options);
        return UnixDatagramEndpoint.Connect(PathOf(), Options);
    }

    private static async Task SendAsync(UnixDatagramEndpoint sender, CallShape shape, byte[] data)
    {
        int sent = shape switch
        {
            CallShape.Blocking => sender.Send(data),
            CallShape.Try => sender.TrySend(data, out int count) ? count : -1,
            _ => await sender.SendAsync(data).Within(),
        };
        sent.Should().Be(data.Length);
    }
}

public sealed class UnixDatagramRestartTests_Portable : UnixDatagramRestartTests<PortableUnderTest>;

public sealed class UnixDatagramRestartTests_PortableWithoutSystemCalls : UnixDatagramRestartTests<PortableWithoutSystemCalls>;

public sealed class UnixDatagramRestartTests_Epoll : UnixDatagramRestartTests<EpollUnderTest>;
