using System.Net;
using System.Net.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit.Tests.Options;

/// <summary>What the option classes refuse, before anything happens, and what they say when nobody has said anything.</summary>
public sealed class OptionValidationTests
{
    private static readonly IPEndPoint s_free = new(IPAddress.Loopback, 0);
    private static readonly IPEndPoint s_nobody = new(IPAddress.Loopback, 1);
    private static readonly TimeSpan s_negative = TimeSpan.FromMilliseconds(-2);

    private static readonly (string Option, Type Error, Action<TcpServerOptions> Spoil)[] s_server =
    [
        ("ReceiveTimeout", typeof(ArgumentOutOfRangeException), static options => options.ReceiveTimeout = s_negative),
        ("SendTimeout", typeof(ArgumentOutOfRangeException), static options => options.SendTimeout = s_negative),
        ("Blocking", typeof(ArgumentException), static options =>
            (options.Blocking, options.ReceiveTimeout) = (false, TimeSpan.FromSeconds(1))),
        ("Blocking", typeof(ArgumentException), static options =>
            (options.Blocking, options.SendTimeout) = (false, TimeSpan.FromSeconds(1))),
        ("ReceiveBufferSize", typeof(ArgumentOutOfRangeException), static options => options.ReceiveBufferSize = 0),
        ("SendBufferSize", typeof(ArgumentOutOfRangeException), static options => options.SendBufferSize = -1),
        ("Dispatch", typeof(ArgumentOutOfRangeException), static options => options.Dispatch = (Dispatch)3),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = default(TcpKeepAlive)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(0.5, 10, 6)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(32_768, 10, 6)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(60, 1.5, 6)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(60, 32_768, 6)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(60, 10, 0)),
        ("KeepAlive", typeof(ArgumentOutOfRangeException), static options => options.KeepAlive = Probing(60, 10, 128)),
        ("UserTimeout", typeof(ArgumentOutOfRangeException), static options => options.UserTimeout = TimeSpan.Zero),
        ("UserTimeout", typeof(ArgumentOutOfRangeException), static options => options.UserTimeout = TimeSpan.FromDays(25)),
        ("UserTimeout", typeof(ArgumentException), static options => options.UserTimeout = TimeSpan.FromSeconds(119)),
        ("Linger", typeof(ArgumentOutOfRangeException), static options => options.Linger = TimeSpan.FromSeconds(-1)),
        ("Linger", typeof(ArgumentOutOfRangeException), static options => options.Linger = TimeSpan.FromSeconds(0.5)),
        ("Linger", typeof(ArgumentOutOfRangeException), static options => options.Linger = TimeSpan.FromSeconds(65_536)),
        ("Backlog", typeof(ArgumentOutOfRangeException), static options => options.Backlog = -1),
        ("AcceptTimeout", typeof(ArgumentOutOfRangeException), static options => options.AcceptTimeout = s_negative),
        ("DrainTimeout", typeof(ArgumentOutOfRangeException), static options => options.DrainTimeout = s_negative),
        ("MaxConnections", typeof(ArgumentOutOfRangeException), static options => options.MaxConnections = 0),
        ("MaxConnectionsPerAddress", typeof(ArgumentOutOfRangeException), static options => options.MaxConnectionsPerAddress = 0),
        ("WhenFull", typeof(ArgumentOutOfRangeException), static options => options.WhenFull = (WhenFull)2),
        ("FirstByteTimeout", typeof(ArgumentOutOfRangeException), static options => options.FirstByteTimeout = TimeSpan.Zero),
        ("FirstByteTimeout", typeof(ArgumentOutOfRangeException), static options => options.FirstByteTimeout = s_negative),
        ("IdleTimeout", typeof(ArgumentOutOfRangeException), static options => options.IdleTimeout = TimeSpan.Zero),
        ("SendStallTimeout", typeof(ArgumentOutOfRangeException), static options => options.SendStallTimeout = TimeSpan.Zero),
    ];

    private static readonly (string Option, Type Error, Action<TcpClientOptions> Spoil)[] s_client =
    [
        ("ConnectTimeout", typeof(ArgumentOutOfRangeException), static options => options.ConnectTimeout = TimeSpan.Zero),
        ("ConnectTimeout", typeof(ArgumentOutOfRangeException), static options => options.ConnectTimeout = s_negative),
        ("Dispatch", typeof(ArgumentOutOfRangeException), static options => options.Dispatch = (Dispatch)(-1)),
        ("HappyEyeballsDelay", typeof(ArgumentOutOfRangeException), static options => options.HappyEyeballsDelay = s_negative),
        ("AddressFamily", typeof(ArgumentException), static options => options.AddressFamily = AddressFamily.Unix),
        ("options", typeof(ArgumentException), static options => options.LocalEndPoint = new IPEndPoint(IPAddress.IPv6Loopback, 0)),
        ("Linger", typeof(ArgumentOutOfRangeException), static options => options.Linger = TimeSpan.FromSeconds(-1)),
        ("DrainTimeout", typeof(ArgumentOutOfRangeException), static options => options.DrainTimeout = s_negative),
        ("FirstDelay", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.FirstDelay = TimeSpan.FromTicks(9_999))),
        ("MaxDelay", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.MaxDelay = TimeSpan.FromMilliseconds(99))),
        ("MaxDelay", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.MaxDelay = TimeSpan.FromDays(25))),
        ("Factor", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Factor = 0.99)),
        ("Factor", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Factor = double.PositiveInfinity)),
        ("Factor", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Factor = double.NaN)),
        ("Jitter", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Jitter = -0.01)),
        ("Jitter", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Jitter = 1.01)),
        ("Jitter", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.Jitter = double.NaN)),
        ("MaxAttempts", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.MaxAttempts = 0)),
        ("HealthyAfter", typeof(ArgumentOutOfRangeException), Retrying(static retry => retry.HealthyAfter = s_negative)),
    ];

    [Fact]
    public void Each_bad_server_option_is_refused_before_a_socket_is_made()
    {
        foreach ((string option, Type error, Action<TcpServerOptions> spoil) in s_server)
        {
            bool touched = false;
            var options = new TcpServerOptions { Configure = _ => touched = true };
            spoil(options);

            Action listen = () => TcpServer.Listen(s_free, options).Dispose();

            IsRefused(listen, option, error);
            touched.Should().BeFalse("{0} is checked first", option);
        }
    }

    [Fact]
    public void Each_bad_client_option_is_refused_before_a_socket_is_made()
    {
        foreach ((string option, Type error, Action<TcpClientOptions> spoil) in s_client)
        {
            bool touched = false;
            var options = new TcpClientOptions { Configure = _ => touched = true };
            spoil(options);

            Action connect = () => TcpClient.Connect(s_nobody, options).Dispose();
            Action connectAsync = () => _ = TcpClient.ConnectAsync(s_nobody, options);
            Action tryConnect = () => TcpClient.TryConnect(s_nobody, options);
            Action tryConnectAsync = () => _ = TcpClient.TryConnectAsync(s_nobody, options);
            Action keepConnected = () => _ = TcpClient.KeepConnectedAsync(s_nobody, static (_, _) => Task.CompletedTask, options);

            IsRefused(connect, option, error);
            IsRefused(connectAsync, option, error);
            IsRefused(tryConnect, option, error);
            IsRefused(tryConnectAsync, option, error);
            IsRefused(keepConnected, option, error);
            touched.Should().BeFalse("{0} is checked first", option);
        }
    }

    [Fact]
    public void Values_at_the_edge_are_taken()
    {
        var options = new TcpServerOptions
        {
            Blocking = false,
            Backlog = 0,
            MaxConnections = 1,
            KeepAlive = Probing(1, 32_767, 127),
            Linger = TimeSpan.Zero,
            DrainTimeout = TimeSpan.Zero,
            AcceptTimeout = TimeSpan.Zero,
            ReceiveBufferSize = 1,
        };
        var givingUp = new TcpServerOptions { UserTimeout = TimeSpan.FromSeconds(120) };

        Action snapshot = () => SocketOptions.Snapshot(options);
        Action second = () => SocketOptions.Snapshot(givingUp);

        snapshot.Should().NotThrow();
        second.Should().NotThrow("60 s + 10 s × 6 is 120 s");
    }

    [Fact]
    public void Options_are_copied_when_the_socket_is_made()
    {
        var options = new TcpServerOptions { Backlog = 7 };

        TcpServerOptions copy = SocketOptions.Snapshot(options);
        options.Backlog = 8;

        copy.Backlog.Should().Be(7);
        SocketOptions.Snapshot<TcpServerOptions>(null).Backlog.Should().Be(512);
    }

    [Fact]
    public void Options_inside_options_are_copied_too()
    {
        var retry = new RetryOptions { MaxAttempts = 3 };

        TcpClientOptions tcp = SocketOptions.Snapshot(new TcpClientOptions { Retry = retry });
        UnixClientOptions unix = SocketOptions.Snapshot(new UnixClientOptions { Retry = retry });
        retry.MaxAttempts = 4;

        tcp.Retry!.MaxAttempts.Should().Be(3);
        unix.Retry!.MaxAttempts.Should().Be(3);
    }

    [Fact]
    public void Defaults_are_those_that_the_documentation_promises()
    {
        var server = new TcpServerOptions();
        var client = new TcpClientOptions();

        (server.Blocking, server.ReceiveTimeout, server.SendTimeout)
            .Should().Be((true, Infinite.InfiniteTimeSpan, Infinite.InfiniteTimeSpan));
        (server.ReceiveBufferSize, server.SendBufferSize).Should().Be((null, null));
        new object?[] { server.Engine, server.LoggerFactory, server.Configure, server.HandlerFailed, server.IsPeerFault }
            .Should().OnlyContain(static value => value == null);
        (server.NoDelay, server.UserTimeout, server.Linger).Should().Be((true, null, null));
        (server.Dispatch, client.Dispatch).Should().Be((Dispatch.Auto, Dispatch.Auto));
        server.KeepAlive.Should().Be(Probing(60, 10, 6));
        (server.ReuseAddress, server.ReusePort, server.DualMode).Should().Be((true, false, true));
        (server.Backlog, server.MaxConnections).Should().Be((512, 10_000));
        (server.WhenFull, server.MaxConnectionsPerAddress, server.AddressFilter).Should().Be((WhenFull.Reject, null, null));
        (server.FirstByteTimeout, server.IdleTimeout, server.SendStallTimeout)
            .Should().Be((TimeSpan.FromSeconds(30), Infinite.InfiniteTimeSpan, TimeSpan.FromSeconds(30)));
        (server.AcceptTimeout, server.DrainTimeout).Should().Be((Infinite.InfiniteTimeSpan, TimeSpan.FromSeconds(5)));
        (client.StopWhenHandled, client.DrainTimeout).Should().Be((false, TimeSpan.FromSeconds(5)));
        (client.ConnectTimeout, client.HappyEyeballsDelay).Should().Be((TimeSpan.FromSeconds(15), TimeSpan.FromMilliseconds(250)));
        new object?[]
            {
                client.LocalEndPoint, client.AddressFamily, client.AddressFilter, client.Retry, client.HandlerFailed, client.IsPeerFault,
            }
            .Should().OnlyContain(static value => value == null);
    }

    private static Action<TcpClientOptions> Retrying(Action<RetryOptions> spoil) => options =>
    {
        options.Retry = new RetryOptions();
        spoil(options.Retry);
    };

    private static TcpKeepAlive Probing(double idle, double interval, int probes) =>
        new(TimeSpan.FromSeconds(idle), TimeSpan.FromSeconds(interval), probes);

    private static void IsRefused(Action call, string option, Type error)
    {
        ArgumentException thrown = call.Should().Throw<ArgumentException>("{0} is bad", option).Which;
        thrown.GetType().Should().Be(error, "of {0}", option);
        thrown.ParamName.Should().Be(option);
    }
}
