using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>The calls of streams that the TCP tests test in full, over Unix sockets, whose peers close without RST.</summary>
public abstract class UnixCallTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task Messages_of_a_header_and_a_body_end_with_false()
    {
        (UnixConnection client, UnixConnection accepted) = Pair();
        using (accepted)
        {
            byte[] header = new byte[4];
            client.Send("head"u8, "body"u8).Should().Be(8);
            await client.SendAsync("head"u8.ToArray(), "body"u8.ToArray()).Within();
            client.Dispose();

            for (int i = 0; i < 2; i++)
            {
                accepted.TryReceiveExactly(header).Should().BeTrue();
                await accepted.ReceiveExactlyAsync(header, Limits.Hang).Within();
                header.Should().Equal("body"u8.ToArray());
            }

            accepted.TryReceiveExactly(header).Should().BeFalse();
            (await accepted.TryReceiveExactlyAsync(header).Within()).Should().BeFalse();
        }
    }

    [LinuxFact]
    public async Task Receives_and_accepts_have_time_outs_of_their_own()
    {
        using UnixServer server = ListenUnix(PathOf());
        Expect.Timeout(Record.Exception(() => server.Accept(TimeSpan.Zero)));
        await Expect.Timeout(server.AcceptAsync(TimeSpan.FromMilliseconds(50)).AsTask());
        using UnixClient client = ConnectUnix(PathOf());
        using UnixConnection accepted = server.Accept(Limits.Hang);

        Expect.Timeout(Record.Exception(() => accepted.Receive(new byte[4], TimeSpan.FromMilliseconds(50))));
        await Expect.Timeout(accepted.ReceiveAsync(new byte[4], TimeSpan.FromTicks(-1)).AsTask());

        client.Send("x"u8);
        (await accepted.ReceiveAsync(new byte[4], Limits.Hang).Within()).Should().Be(1);
    }

    [LinuxFact]
    public async Task A_wait_for_room_ends_when_the_peer_reads_or_goes()
    {
        (UnixConnection client, UnixConnection accepted) = Pair();
        using (client)
        {
            long full = TcpFill.Up(client);
            Task wait = client.WaitWritableAsync().AsTask();
            wait.IsCompleted.Should().BeFalse();
            await accepted.ReceiveExactlyAsync(new byte[full]).Within();
            await wait.Within();

            TcpFill.Up(client);
            Task last = client.WaitWritableAsync().AsTask();
            last.IsCompleted.Should().BeFalse();
            accepted.Dispose();
            await last.Within();
            Expect.Disconnected(Record.Exception(() => client.TrySend("x"u8, out _)));
        }
    }

    [LinuxFact]
    public async Task A_relay_joins_a_Unix_and_a_TCP_connection_and_tells_the_end_of_the_Unix_peer_as_a_reset()
    {
        (UnixConnection here, UnixConnection unix) = Pair();
        using TcpPairUnderTest tcp = ConnectPair();
        using (unix)
        {
            Task relay = StreamConnection.RelayAsync(unix, tcp.Accepted);
            here.Send("there"u8);
            tcp.Client.ReceiveExactly(new byte[5]);
            tcp.Client.Send("back"u8);
            here.ReceiveExactly(new byte[4]);

            // Its end arrives as a half-close. What it would not read any more meets a broken pipe.
            here.Dispose();
            tcp.Client.Receive(new byte[1], Limits.Hang).Should().Be(0);
            tcp.Client.Send("x"u8);

            Expect.Disconnected(await Expect.Failure(relay));
            tcp.Accepted.CloseReason.Should().Be(CloseReason.LocalAbort);
        }
    }

    private (UnixConnection Client, UnixConnection Accepted) Pair()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name);
        UnixClient client = ConnectUnix(name);
        return (client, server.Accept());
    }
}

public sealed class UnixCallTests_Portable : UnixCallTests<PortableUnderTest>;

public sealed class UnixCallTests_Epoll : UnixCallTests<EpollUnderTest>;
