using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>
/// Handlers that block in a call of this library, on an engine with one loop and no monitor: their neighbour is served only if the call
/// gives the loop to another thread before it waits.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class BlockingCallTests
{
    private static readonly TimeSpan s_long = Limits.Hang;

    private static readonly Lazy<SocketEngine> s_engine = new(static () =>
        new EpollEngine("epoll engine, one loop, nobody watches it", SocketEngine.Portable, loops: 1, BusyPoll.Off, hasMonitor: false));

    private static readonly TcpClientOptions s_client = new() { Engine = SocketEngine.Portable };

    private static readonly Dictionary<string, Func<TcpConnection, TcpClient, Blocked>> s_calls = new()
    {
        ["Receive"] = static (own, peer) => new(() => own.Receive(new byte[1]), () => peer.Send("x"u8)),
        ["Receive, deadline"] = static (own, peer) => new(() => WithTimeout(own).Receive(new byte[1]), () => peer.Send("x"u8)),
        ["ReceiveExactly"] = static (own, peer) => new(() => own.ReceiveExactly(new byte[2]), () => peer.Send("xy"u8)),
        ["Peek, deadline"] = static (own, peer) => new(() => WithTimeout(own).Peek(new byte[1]), () => peer.Send("x"u8)),
        ["WaitReadable"] = static (own, peer) => new(() => own.WaitReadable(s_long), () => peer.Send("x"u8)),
        ["Send"] = static (own, peer) => Full(own, peer, () => own.Send(new byte[4_000_000])),
        ["Send, deadline"] = static (own, peer) => Full(own, peer, () => WithTimeout(own).Send(new byte[4_000_000])),
        ["Send, behind an async one"] = static (own, peer) =>
        {
            Task first = own.SendAsync(new byte[4_000_000]).AsTask();
            return Full(own, peer, () => own.Send("x"u8), () => first.Within().GetAwaiter().GetResult());
        },
        ["WaitWritable"] = static (own, peer) => Full(own, peer, () => own.WaitWritable(s_long)),
        ["Receive, adopted socket"] = static (_, _) => Adopted(Timeout.InfiniteTimeSpan),
        ["Receive, adopted socket, deadline"] = static (_, _) => Adopted(s_long),
        ["Accept"] = static (_, _) => Accepting(Timeout.InfiniteTimeSpan),
        ["Accept, deadline"] = static (_, _) => Accepting(s_long),
        ["Accept, beside an async one"] = static (_, _) => Accepting(Timeout.InfiniteTimeSpan, besideAsync: true),
        ["UDP Receive"] = static (_, _) => Datagram(Timeout.InfiniteTimeSpan),
        ["UDP Receive, deadline"] = static (_, _) => Datagram(s_long),
        ["UDP WaitReadable"] = static (_, _) => Datagram(null),
        ["Unix datagram Send"] = static (_, _) => UnixDatagramSend(),
        ["ReceiveHandles"] = static (_, _) => Handles(),
    };

    public static TheoryData<string> Calls => [.. s_calls.Keys];

    [LinuxTheory]
    [MemberData(nameof(Calls))]
    public async Task A_call_that_waits_gives_the_loop_away_and_the_neighbour_is_served(string call)
    {
        var entered = new TaskCompletionSource<Blocked>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpClient? peer = null;
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value });
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] buffer = new byte[1];
            while (await connection.ReceiveAsync(buffer, token).ConfigureAwait(false) > 0 && buffer[0] == 'e')
            {
                await connection.SendAsync(buffer, token).ConfigureAwait(false);
            }

            if (buffer[0] == 'b')
            {
                try
                {
                    using Blocked blocked = s_calls[call](connection, peer!);
                    EpollLoop.Current.Should().NotBeNull("the call has to begin on the loop");
                    entered.TrySetResult(blocked);
                    blocked.Call();
                    ended.TrySetResult();
                }
                catch (Exception exception)
                {
                    entered.TrySetException(exception);
                    ended.TrySetException(exception);
                }
            }
        });
        using TcpClient neighbour = await TcpClient.ConnectAsync(server.LocalEndPoint, s_client);
        await EchoAsync(neighbour);
        peer = await TcpClient.ConnectAsync(server.LocalEndPoint, s_client);
        await EchoAsync(peer);

        await peer.SendAsync("b"u8.ToArray());
        Blocked blocked = await entered.Task.Within();
        for (int i = 0; i < 3; i++)
        {
            await EchoAsync(neighbour);
        }

        blocked.Release();
        await ended.Task.Within();
        peer.Dispose();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    /// <summary>These end too soon to hold them, so it is looked at where the handler runs afterwards.</summary>
    [LinuxTheory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_blocking_connect_gives_the_loop_away(string host)
    {
        using var target = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = SocketEngine.Portable });
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value });
        var loops = new TaskCompletionSource<(EpollLoop? Before, EpollLoop? After)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            await connection.ReceiveAsync(new byte[1], token).ConfigureAwait(false);
            EpollLoop? before = EpollLoop.Current;
            using (TcpClient.Connect(host, target.Port, s_client))
            {
                loops.TrySetResult((before, EpollLoop.Current));
            }
        });

        using TcpClient client = await TcpClient.ConnectAsync(server.LocalEndPoint, s_client);
        await client.SendAsync("x"u8.ToArray());
        (EpollLoop? before, EpollLoop? after) = await loops.Task.Within();

        before.Should().NotBeNull();
        after.Should().BeNull();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    private static async Task EchoAsync(TcpClient client)
    {
        byte[] buffer = [(byte)'e'];
        await client.SendAsync(buffer).Within();
        (await client.ReceiveAsync(buffer).Within()).Should().Be(1);
    }

    private static TcpConnection WithTimeout(TcpConnection connection)
    {
        connection.Timeout = s_long;
        return connection;
    }

    /// <summary>The peer does not read until the release.</summary>
    private static Blocked Full(TcpConnection own, TcpClient peer, Action call, Action? after = null)
    {
        if (after is null)
        {
            while (own.TrySend(new byte[65_536], out _))
            {
            }
        }

        return new(
            () =>
            {
                call();
                after?.Invoke();
            },
            () => _ = Drain(peer));
    }

    private static async Task Drain(TcpClient peer)
    {
        byte[] buffer = new byte[65_536];
        try
        {
            while (await peer.ReceiveAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static Blocked Adopted(TimeSpan timeout)
    {
        (TcpConnection one, TcpConnection other) = TcpConnection.CreatePair();
        TcpConnection adopted = TcpConnection.FromSocket(other.Socket, ownsSocket: false);
        adopted.Timeout = timeout;
        return new(() => adopted.Receive(new byte[1]), () => one.Send("x"u8), adopted, one, other);
    }

    private static Blocked Accepting(TimeSpan timeout, bool besideAsync = false)
    {
        var server = TcpServer.Listen(
            new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value, AcceptTimeout = timeout });
        if (besideAsync)
        {
            _ = server.AcceptAsync().AsTask().ContinueWith(static accepted => accepted.Exception, TaskScheduler.Default);
        }

        return new(
            () => server.Accept().Dispose(),
            () =>
            {
                for (int i = besideAsync ? 2 : 1; i > 0; i--)
                {
                    TcpClient.Connect(server.LocalEndPoint, s_client).Dispose();
                }
            },
            server);
    }

    private static Blocked Datagram(TimeSpan? timeout)
    {
        UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = s_engine.Value });
        UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint.Timeout = timeout ?? Timeout.InfiniteTimeSpan;
        return new(
            () =>
            {
                if (timeout is null)
                {
                    endpoint.WaitReadable(s_long).Should().BeTrue();
                }
                else
                {
                    endpoint.ReceiveFrom(new byte[1]);
                }
            },
            () => sender.SendTo("x"u8, endpoint.LocalEndPoint!),
            endpoint,
            sender);
    }

    private static Blocked UnixDatagramSend()
    {
        (UnixDatagramEndpoint one, UnixDatagramEndpoint other) =
            UnixDatagramEndpoint.CreatePair(new UnixDatagramOptions { Engine = s_engine.Value });
        while (one.TrySend(new byte[1000], out _))
        {
        }

        return new(
            () => one.Send(new byte[1000]),
            () =>
            {
                while (other.TryReceive(new byte[1000], out _))
                {
                }
            },
            one,
            other);
    }

    private static Blocked Handles()
    {
        (UnixConnection one, UnixConnection other) = UnixConnection.CreatePair();
        SafeFileHandle file = File.OpenHandle("/dev/null");
        return new(
            () =>
            {
                using ReceivedHandles received = other.ReceiveHandles(new byte[1]);
            },
            () => one.SendHandles("x"u8, [file]),
            one,
            other,
            file);
    }

    /// <summary>A call that waits, and what ends the wait.</summary>
    private sealed record Blocked(Action Call, Action Release, params IDisposable[] Owned) : IDisposable
    {
        public void Dispose() => Array.ForEach(Owned, static owned => owned.Dispose());
    }
}
