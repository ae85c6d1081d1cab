using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

public abstract class UnixConnectTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(150);

    [LinuxFact]
    public async Task A_missing_path_is_named_and_listed_as_the_one_attempt()
    {
        string path = PathOf("missing");
        foreach (Func<Task<UnixClient>> connect in Both(path, UnixClientOptions))
        {
            SocketConnectException exception = (await Expect.Failure(connect())).Should().BeOfType<SocketConnectException>().Subject;

            exception.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
            exception.Message.Should().Contain(path);
            ConnectAttempt attempt = exception.Attempts.Should().ContainSingle().Subject;
            attempt.EndPoint.ToString().Should().Be(path);
            attempt.Error!.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
        }
    }

    [LinuxFact]
    public async Task A_file_that_is_no_socket_and_an_abstract_name_without_listener_refuse()
    {
        File.WriteAllText(PathOf(), "x");
        foreach (string path in new[] { PathOf(), AbstractName() })
        {
            foreach (Func<Task<UnixClient>> connect in Both(path, UnixClientOptions))
            {
                (await Expect.Failure(connect())).Should().BeOfType<SocketConnectException>()
                    .Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
            }
        }
    }

    [LinuxFact]
    public async Task A_datagram_socket_is_no_server()
    {
        using var datagrams = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        datagrams.Bind(new UnixDomainSocketEndPoint(PathOf()));
        foreach (Func<Task<UnixClient>> connect in Both(PathOf(), UnixClientOptions))
        {
            (await Expect.Failure(connect()))
                .Should().BeOfType<SocketConnectException>().Which.Message.Should().Contain("not a stream socket");
        }
    }

    [LinuxFact]
    public async Task A_full_backlog_is_waited_for_until_the_deadline()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Backlog = 0 });
        using UnixClient queued = ConnectUnix(PathOf());
        foreach (Func<Task<UnixClient>> connect in Both(PathOf(), new UnixClientOptions { Engine = Engine, ConnectTimeout = s_short }))
        {
            long started = Stopwatch.GetTimestamp();
            SocketConnectException exception = (await Expect.Failure(connect())).Should().BeOfType<SocketConnectException>().Subject;

            Stopwatch.GetElapsedTime(started).Should().BeGreaterThanOrEqualTo(s_short);
            exception.SocketErrorCode.Should().Be(SocketError.TimedOut);
            exception.IsTimeout().Should().BeTrue();
            exception.Attempts.Should().ContainSingle().Which.Elapsed.Should().BeGreaterThanOrEqualTo(s_short);
        }
    }

    [LinuxFact]
    public async Task A_connect_that_waits_goes_through_when_there_is_room()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Backlog = 0 });
        foreach (Func<Task<UnixClient>> connect in Both(PathOf(), UnixClientOptions))
        {
            using UnixClient queued = ConnectUnix(PathOf());
            Task<UnixClient> waiting = connect();
            waiting.IsCompleted.Should().BeFalse();

            server.Accept().Dispose();
            using UnixClient client = await waiting.Within();
            using UnixConnection accepted = server.Accept();

            client.Send("x"u8);
            accepted.Receive(new byte[4]).Should().Be(1);
            await accepted.SendAsync("yz").Within();
            (await client.ReceiveAsync(new byte[4]).Within()).Should().Be(2);
        }
    }

    [LinuxFact]
    public async Task A_token_gives_the_connect_up()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Backlog = 0 });
        using UnixClient queued = ConnectUnix(PathOf());
        using var cancellation = new CancellationTokenSource();
        Task<UnixClient> waiting = UnixClient.ConnectAsync(PathOf(), UnixClientOptions, cancellation.Token);

        await cancellation.CancelAsync();

        await Expect.Canceled(waiting, cancellation.Token);
        await Expect.Canceled(UnixClient.ConnectAsync(PathOf(), UnixClientOptions, cancellation.Token), cancellation.Token);
    }

    [LinuxFact]
    public async Task An_interrupted_connect_closes_its_socket()
    {
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Backlog = 0 });
        using UnixClient queued = ConnectUnix(PathOf());
        Socket? seen = null;
        Thread? runner = null;
        UnixClientOptions options = UnixClientOptions;
        options.ConnectTimeout = Timeout.InfiniteTimeSpan;
        options.Configure = socket => Volatile.Write(ref seen, socket);
        Task<UnixClient> waiting = Limits.OnThread(() =>
        {
            runner = Thread.CurrentThread;
            return ConnectUnix(PathOf(), options);
        });
        await Eventually.BeTrueAsync(() => Volatile.Read(ref seen) is not null, "it has begun");

        runner!.Interrupt();

        (await Expect.Failure(waiting)).Should().BeOfType<ThreadInterruptedException>();
        seen!.SafeHandle.IsClosed.Should().BeTrue();
    }

    [LinuxFact]
    public void Options_without_sense_are_refused()
    {
        foreach (UnixClientOptions options in new UnixClientOptions[]
        {
            new() { ConnectTimeout = TimeSpan.Zero },
            new() { MaxHandlesPerMessage = 0 },
            new() { MaxHandlesPerMessage = 254 },
            new() { Blocking = false, ReceiveTimeout = s_short },
        })
        {
            Action connect = () => ConnectUnix(PathOf("missing"), options);
            connect.Should().Throw<ArgumentException>();
        }
    }

    private IEnumerable<Func<Task<UnixClient>>> Both(string path, UnixClientOptions options) =>
    [
        () => Limits.OnThread(() => ConnectUnix(path, options)),
        () => UnixClient.ConnectAsync(path, options),
    ];
}

public sealed class UnixConnectTests_Portable : UnixConnectTests<PortableUnderTest>;

public sealed class UnixConnectTests_Epoll : UnixConnectTests<EpollUnderTest>;
