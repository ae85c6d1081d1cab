using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>What another user of the machine can and cannot do; needs root to become one.</summary>
public abstract class UnixUsersTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const uint Stranger = 65534;

    /// <summary>Prints what a connect gave: "connected: bytes read until the end", or the error's name.</summary>
    private const string ConnectOnce =
        """
        import socket, sys, errno
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(sys.argv[1].replace("@", "\0"))
            print("connected:", s.recv(100).decode())
        except OSError as e:
            print(errno.errorcode[e.errno])
        """;

    [LinuxFact("setpriv", "python3", Root = true)]
    public async Task Another_user_cannot_connect_to_a_path()
    {
        OpenFolder();
        using UnixServer server = ListenUnix(PathOf());
        using Script stranger = Script.PythonAs(Stranger, ConnectOnce, PathOf());

        (await stranger.LineAsync()).Should().Be("EACCES");
        await stranger.EndAsync();
        server.TryAccept(out _).Should().BeFalse();
    }

    [LinuxFact("setpriv", "python3", Root = true)]
    public async Task Another_user_wins_no_race_with_a_server_that_starts_and_stops()
    {
        OpenFolder();
        using Script stranger = Script.PythonAs(
            Stranger,
            """
            import socket, sys, os, select
            print("ready")
            won = refused = 0
            while not select.select([sys.stdin], [], [], 0)[0]:
                s = socket.socket(socket.AF_UNIX)
                try:
                    s.connect(sys.argv[1]); won += 1
                except PermissionError:
                    refused += 1
                except OSError:
                    pass
                s.close()
            print(won, refused > 0)
            """,
            PathOf());
        (await stranger.LineAsync()).Should().Be("ready");

        for (int i = 0; i < 1000; i++)
        {
            ListenUnix(PathOf()).Dispose();
        }

        await using (ListenUnix(PathOf()))
        {
            // Long enough for the stranger to have met the file at least once, so that the test is known to have tried.
            using Script once = Script.PythonAs(Stranger, ConnectOnce, PathOf());
            (await once.LineAsync()).Should().Be("EACCES");
        }

        await stranger.Input.WriteLineAsync("end");
        (await stranger.LineAsync()).Should().Be("0 True");
    }

    [LinuxFact("setpriv", "python3", Root = true)]
    public async Task An_abstract_name_is_for_our_own_user_unless_others_are_allowed()
    {
        string name = AbstractName();
        using (UnixServer server = ListenUnix(name))
        {
            Task<UnixConnection> accept = server.AcceptAsync().AsTask();
            using Script stranger = Script.PythonAs(Stranger, ConnectOnce, name.Replace('\0', '@'));
            (await stranger.LineAsync()).Should().Be("connected: ", "it reads the end at once");

            using UnixClient own = ConnectUnix(name);
            using UnixConnection accepted = await accept.Within();
            accepted.PeerCredentials.UserId.Should().Be(OwnUserId);
        }

        // A name of its own: a child process that another test starts at this moment keeps the first socket, and its name, until execve(2).
        string another = AbstractName();
        using UnixServer open = ListenUnix(another, new UnixServerOptions { Engine = Engine, AllowedUserIds = [Stranger] });
        using Script welcome = Script.PythonAs(Stranger, ConnectOnce, another.Replace('\0', '@'));
        using (UnixConnection guest = await open.AcceptAsync().Within())
        {
            guest.PeerCredentials.UserId.Should().Be(Stranger);
            await guest.SendAsync("welcome").Within();
        }

        (await welcome.LineAsync()).Should().Be("connected: welcome");
    }

    [LinuxFact]
    public async Task A_user_who_is_not_allowed_is_turned_away_in_every_shape_and_nothing_ends()
    {
        UnixServerOptions options = new()
        {
            Engine = Engine,
            AllowedUserIds = [OwnUserId + 1],
            AcceptTimeout = TimeSpan.FromMilliseconds(200),
        };
        using UnixServer server = ListenUnix(PathOf(), options);

        await TurnedAway(() =>
        {
            server.WaitReadable(Limits.Hang).Should().BeTrue();
            server.TryAccept(out _).Should().BeFalse();
            return Task.CompletedTask;
        });
        await TurnedAway(() => Expect.Timeout(Limits.OnThread(server.Accept)));
        await TurnedAway(() => Expect.Timeout(server.AcceptAsync().AsTask()));

        using var cancellation = new CancellationTokenSource();
        Task all = Limits.OnThread(async () =>
        {
            await foreach (UnixConnection connection in server.AcceptAllAsync(cancellation.Token))
            {
                connection.Dispose();
                throw new InvalidOperationException("nobody is allowed");
            }
        }).Unwrap();
        await TurnedAway(() => Task.CompletedTask);
        await cancellation.CancelAsync();
        await Expect.Canceled(all, cancellation.Token);

        int handled = 0;
        Task serving = server.ServeAsync((_, _) =>
        {
            handled++;
            return Task.CompletedTask;
        });
        await TurnedAway(() => Task.CompletedTask);
        await TurnedAway(() => Task.CompletedTask);
        await server.StopAsync().Within();
        await serving.Within();
        handled.Should().Be(0);
        server.GetStatistics().RejectedTotal.Should().Be(6, "it is the server that has turned them away, whoever accepts");
    }

    [LinuxFact]
    public async Task A_client_that_was_accepted_for_nobody_is_rejected_by_the_stop_of_a_server_for_certain_users_too()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, AllowedUserIds = [OwnUserId] });
        using UnixClient client = ConnectUnix(PathOf());
        await server.WaitReadableAsync().Within();

        await server.StopAsync().Within();

        server.GetStatistics().RejectedTotal.Should().Be(1);
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    private async Task TurnedAway(Func<Task> accept)
    {
        using UnixClient client = ConnectUnix(PathOf());
        Task<int> end = client.ReceiveAsync(new byte[1]).AsTask();
        await accept();
        (await end.Within()).Should().Be(0);
    }
}

public sealed class UnixUsersTests_Portable : UnixUsersTests<PortableUnderTest>;

public sealed class UnixUsersTests_Epoll : UnixUsersTests<EpollUnderTest>;
