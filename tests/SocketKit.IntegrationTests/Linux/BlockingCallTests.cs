using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Linux;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;
using SocketKit.Sockets;
using SocketKit.Tcp;

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
        ["SendHandles"] = static (_, _) => SentHandles(behindAsync: false),
        ["SendHandles, behind an async send"] = static (_, _) => SentHandles(behindAsync: true),
        ["Connect, deadline"] = static (_, _) => Connecting(SocketEngine.Portable),
        ["Connect, deadline, epoll"] = static (_, _) => Connecting(s_engine.Value),
        ["Connect, several addresses in turn"] = static (_, _) => Racing(Timeout.InfiniteTimeSpan),
        ["Connect, several addresses at once"] = static (_, _) => Racing(TimeSpan.FromMilliseconds(1)),
        ["Look-up"] = static (_, _) => LookingUp(static names => names.Find("name.test", AddressFamily.Unspecified)),
        ["Look-up, deadline"] = static (_, _) =>
            LookingUp(static names => names.Find("name.test", AddressFamily.Unspecified, Deadline.After(s_long))),
        ["Unix Connect, full backlog"] = static (_, _) => ConnectingToFullBacklog(SocketEngine.Portable),
        ["Unix Connect, full backlog, epoll"] = static (_, _) => ConnectingToFullBacklog(s_engine.Value),
        ["Unix Listen, locked directory"] = static (_, _) => LockingDirectory(),
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
                    Blocked blocked = s_calls[call](connection, peer!);
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
        // Disposed here and not by the handler, which may return while the release still uses the sockets.
        using Blocked blocked = await entered.Task.Within();
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
    [InlineData("Connect, name")]
    [InlineData("Connect, address")]
    [InlineData("UDP Connect, name")]
    [InlineData("UDP Bind, name")]
    [InlineData("Listen, name")]
    public async Task A_call_that_connects_or_looks_up_gives_the_loop_away(string call)
    {
        using var target = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = SocketEngine.Portable });
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions { Engine = s_engine.Value });
        var loops = new TaskCompletionSource<(EpollLoop? Before, EpollLoop? After)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            await connection.ReceiveAsync(new byte[1], token).ConfigureAwait(false);
            EpollLoop? before = EpollLoop.Current;
            using (Open(call, target.Port))
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

    private static SocketBase Open(string call, int port) => call switch
    {
        "Connect, name" => TcpClient.Connect("localhost", port, s_client),
        "Connect, address" => TcpClient.Connect("127.0.0.1", port, s_client),
        "UDP Connect, name" => UdpEndpoint.Connect("localhost", port),
        "UDP Bind, name" => UdpEndpoint.Bind("localhost", 0),
        _ => TcpServer.Listen("localhost", 0),
    };

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

    private static async Task Drain(StreamConnection peer)
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
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        one.Connect(listener.LocalEndPoint!);
        Socket other = listener.Accept();
        TcpConnection adopted = TcpConnection.FromSocket(other, ownsSocket: false);
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

    private static Blocked SentHandles(bool behindAsync)
    {
        (UnixConnection one, UnixConnection other) = UnixConnection.CreatePair();
        SafeFileHandle file = File.OpenHandle("/dev/null");
        Task first = behindAsync ? one.SendAsync(new byte[4_000_000]).AsTask() : Task.CompletedTask;
        while (!behindAsync && one.TrySend(new byte[65_536], out _))
        {
        }

        return new(
            () =>
            {
                one.SendHandles("x"u8, file);
                first.Within().GetAwaiter().GetResult();
            },
            () => _ = Drain(other),
            one,
            other,
            file);
    }

    private static Blocked Connecting(SocketEngine engine)
    {
        var hole = new BlackHole();
        var options = new TcpClientOptions { Engine = engine, ConnectTimeout = s_long };
        return new(() => TcpClient.Connect(hole.EndPoint, options).Dispose(), hole.Open, hole);
    }

    private static Blocked Racing(TimeSpan delay)
    {
        var first = new BlackHole();
        var second = new BlackHole();
        var options = new TcpClientOptions { Engine = SocketEngine.Portable, HappyEyeballsDelay = delay };
        var race = new ConnectRace([first.EndPoint, second.EndPoint], options, Deadline.After(s_long), CancellationToken.None);
        return new(
            () =>
            {
                using Socket? winner = race.Run();
                winner.Should().NotBeNull();
            },
            first.Open,
            first,
            second);
    }

    private static Blocked LookingUp(Action<NameLookups> call)
    {
        var answered = new ManualResetEventSlim();
        var names = new NameLookups(
            (_, _) =>
            {
                answered.Wait(s_long).Should().BeTrue();
                return [IPAddress.Loopback];
            },
            1);
        return new(() => call(names), answered.Set, answered);
    }

    private static Blocked ConnectingToFullBacklog(SocketEngine engine)
    {
        string name = $"\0socketkit-blocking-{Environment.ProcessId}-{Guid.NewGuid():N}";
        var server = UnixServer.Listen(name, new UnixServerOptions { Engine = SocketEngine.Portable, Backlog = 0 });
        var filler = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        filler.Connect(new UnixDomainSocketEndPoint(name));
        var options = new UnixClientOptions { Engine = engine, ConnectTimeout = s_long };
        return new(() => UnixClient.Connect(name, options).Dispose(), () => server.Accept().Dispose(), server, filler);
    }

    private static Blocked LockingDirectory()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        SafeFileHandle holder = SocketFiles.LockDirectory(folder.FullName, TimeSpan.Zero);
        return new(
            () =>
            {
                SocketFiles.LockDirectory(folder.FullName, s_long).Dispose();
                folder.Delete();
            },
            holder.Dispose,
            holder);
    }

    /// <summary>A call that waits, and what ends the wait.</summary>
    private sealed record Blocked(Action Call, Action Release, params IDisposable[] Owned) : IDisposable
    {
        public void Dispose() => Array.ForEach(Owned, static owned => owned.Dispose());
    }
}
