using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tcp;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ConnectRaceTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_next_address_is_tried_after_the_delay_and_the_loser_is_closed(bool asynchronous)
    {
        using var hole = new BlackHole();
        using TcpServer server = Listen();
        var sockets = new List<Socket>();
        TcpClientOptions options = ClientOptions;
        options.Configure = socket =>
        {
            lock (sockets)
            {
                sockets.Add(socket);
            }
        };
        var clock = Stopwatch.StartNew();

        ConnectRace race = Race(options, hole.EndPoint, server.LocalEndPoint);
        using Socket? winner = await RunAsync(race, asynchronous);

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(240)).And.BeLessThan(TimeSpan.FromSeconds(10));
        winner!.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        race.Attempts.Should().HaveCount(2);
        race.Attempts[0].Error!.SocketErrorCode.Should().Be(SocketError.OperationAborted);
        race.Attempts[1].Error.Should().BeNull();
        await Until(() => sockets[0].SafeHandle.IsClosed);
        sockets[1].Should().BeSameAs(winner);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refused_address_hands_over_at_once(bool asynchronous)
    {
        using TcpServer server = Listen();
        TcpServer gone = Listen();
        gone.Dispose();
        TcpClientOptions options = ClientOptions;
        options.HappyEyeballsDelay = Timeout.InfiniteTimeSpan;

        ConnectRace race = Race(options, gone.LocalEndPoint, server.LocalEndPoint);
        using Socket? winner = await RunAsync(race, asynchronous);

        winner!.RemoteEndPoint.Should().Be(server.LocalEndPoint, "an infinite delay was not waited for");
        race.Attempts[0].Error!.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_refused_is_over_without_waiting_and_lists_everyone(bool asynchronous)
    {
        TcpServer gone = Listen();
        TcpServer alsoGone = Listen();
        gone.Dispose();
        alsoGone.Dispose();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = Timeout.InfiniteTimeSpan;
        options.HappyEyeballsDelay = Timeout.InfiniteTimeSpan;

        ConnectRace race = Race(options, gone.LocalEndPoint, alsoGone.LocalEndPoint);

        (await RunAsync(race, asynchronous)).Should().BeNull();
        race.LastError.Should().Be(SocketError.ConnectionRefused);
        race.Attempts.Select(static attempt => attempt.EndPoint).Should().Equal(gone.LocalEndPoint, alsoGone.LocalEndPoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_deadline_is_the_total_over_all_addresses(bool asynchronous)
    {
        using var first = new BlackHole();
        using var second = new BlackHole();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.HappyEyeballsDelay = TimeSpan.FromMilliseconds(1);
        var clock = Stopwatch.StartNew();

        ConnectRace race = Race(options, first.EndPoint, second.EndPoint);
        (await RunAsync(race, asynchronous)).Should().BeNull();

        clock.Elapsed.Should().BeGreaterThanOrEqualTo(options.ConnectTimeout);
        race.LastError.Should().Be(SocketError.TimedOut);
        race.Attempts.Should().HaveCount(2).And.OnlyContain(static attempt => attempt.Error!.SocketErrorCode == SocketError.TimedOut);
        race.Attempts.Should().OnlyContain(attempt => attempt.Elapsed <= clock.Elapsed, "no attempt had a deadline of its own");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_in_Configure_ends_the_race_although_another_address_hangs(bool asynchronous)
    {
        using var hole = new BlackHole();
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = Timeout.InfiniteTimeSpan;
        options.HappyEyeballsDelay = TimeSpan.FromMilliseconds(10);
        int calls = 0;
        options.Configure = _ =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                throw new NotSupportedException("mine");
            }
        };

        ConnectRace race = Race(options, hole.EndPoint, server.LocalEndPoint);

        (await RunAsync(race, asynchronous)).Should().BeNull();
        race.Failure.Should().BeOfType<NotSupportedException>();
    }

    [Fact]
    public async Task An_interrupted_race_closes_what_it_has_begun()
    {
        using var first = new BlackHole();
        using var second = new BlackHole();
        var sockets = new List<Socket>();
        TcpClientOptions options = ClientOptions;
        options.ConnectTimeout = Timeout.InfiniteTimeSpan;
        options.HappyEyeballsDelay = TimeSpan.FromMilliseconds(1);
        options.Configure = socket =>
        {
            lock (sockets)
            {
                sockets.Add(socket);
            }
        };
        ConnectRace race = Race(options, first.EndPoint, second.EndPoint);
        Thread? runner = null;
        Task<Socket?> running = Limits.OnThread(() =>
        {
            runner = Thread.CurrentThread;
            return race.Run();
        });
        await Until(() => HaveAll(static _ => true));

        runner!.Interrupt();

        (await Expect.Failure(running)).Should().BeOfType<ThreadInterruptedException>();
        await Until(() => HaveAll(static socket => socket.SafeHandle.IsClosed));

        bool HaveAll(Predicate<Socket> condition)
        {
            lock (sockets)
            {
                return sockets.Count == 2 && sockets.TrueForAll(condition);
            }
        }
    }

    [Fact]
    public void Addresses_take_turns_by_family_in_the_systems_order_and_filters_apply()
    {
        const string Found = "2001:db8::1 2001:db8::2 2001:db8::3 192.0.2.1 192.0.2.2";
        IPAddress[] addresses = [.. Found.Split(' ').Select(IPAddress.Parse)];

        Order(new TcpClientOptions()).Should().Equal("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3");
        Order(new TcpClientOptions { AddressFamily = AddressFamily.InterNetwork }).Should().Equal("192.0.2.1", "192.0.2.2");
        Order(new TcpClientOptions { LocalEndPoint = new IPEndPoint(IPAddress.IPv6Any, 0) }).Should().HaveCount(3);
        Order(new TcpClientOptions { AddressFilter = static address => address.ToString().EndsWith('2') })
            .Should().Equal("2001:db8::2", "192.0.2.2");

        IEnumerable<string> Order(TcpClientOptions options) => NameResolution.Order(addresses, 80, options).Select(static found =>
            found.Address.ToString());
    }

    [Fact]
    public async Task When_no_address_is_left_the_failure_says_so_and_lists_no_attempts()
    {
        using TcpServer server = Listen();
        TcpClientOptions none = ClientOptions;
        none.AddressFilter = static _ => false;
        TcpClientOptions throwing = ClientOptions;
        throwing.AddressFilter = static _ => throw new NotSupportedException("mine");

        foreach (Task connect in new Task[]
        {
            Limits.OnThread(() => SocketKit.TcpClient.Connect("127.0.0.1", server.Port, none)),
            SocketKit.TcpClient.ConnectAsync("localhost", server.Port, none),
        })
        {
            SocketConnectException failure = (await Expect.Failure(connect)).Should().BeOfType<SocketConnectException>().Subject;
            failure.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
            failure.Attempts.Should().BeEmpty();
            failure.Message.Should().Contain("AddressFilter");
        }

        (await Expect.Failure(SocketKit.TcpClient.ConnectAsync("localhost", server.Port, throwing)))
            .Should().BeOfType<NotSupportedException>("it fails closed");
    }

    [Fact]
    public async Task A_name_that_no_resolver_can_know_is_not_found_in_both_shapes()
    {
        string tooLong = new('a', 300);

        foreach (Task connect in new Task[]
        {
            Limits.OnThread(() => SocketKit.TcpClient.Connect(tooLong, 1, ClientOptions)),
            SocketKit.TcpClient.ConnectAsync(tooLong, 1, ClientOptions),
        })
        {
            SocketConnectException failure = (await Expect.Failure(connect)).Should().BeOfType<SocketConnectException>().Subject;
            failure.SocketErrorCode.Should().Be(SocketError.HostNotFound);
            failure.Attempts.Should().BeEmpty();
        }
    }

    private static ConnectRace Race(TcpClientOptions options, params IPEndPoint[] candidates) =>
        new([.. candidates], options, Deadline.After(options.ConnectTimeout), CancellationToken.None);

    private static Task<Socket?> RunAsync(ConnectRace race, bool asynchronous) =>
        (asynchronous ? race.RunAsync() : Limits.OnThread(race.Run)).Within();
}

public sealed class ConnectRaceTests_Portable : ConnectRaceTests<PortableUnderTest>;

public sealed class ConnectRaceTests_Epoll : ConnectRaceTests<EpollUnderTest>;
