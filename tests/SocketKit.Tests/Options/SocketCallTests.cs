using System.Net.Sockets;

namespace SocketKit.Tests.Options;

/// <summary>Whatever a connection does with its socket, it does as a caller inside the channel.</summary>
public sealed class SocketCallTests
{
    private const int TcpLevel = 6;
    private const int TcpNoDelay = 1;

    private static readonly (string Name, Action<TcpConnection> Call)[] s_calls =
    [
        ("Available", static connection => _ = connection.Available),
        ("GetOption", static connection => connection.GetOption(SocketOption.TimeToLive)),
        ("SetOption", static connection => connection.SetOption(SocketOption.TimeToLive, 42)),
        ("GetRawOption", static connection => connection.GetRawOption(TcpLevel, TcpNoDelay, new byte[4])),
        ("SetRawOption", static connection => connection.SetRawOption(TcpLevel, TcpNoDelay, new byte[4])),
        ("a refused option", static connection => connection.SetRawOption(TcpLevel, short.MaxValue, new byte[4])),
        ("get NoDelay", static connection => _ = connection.NoDelay),
        ("set NoDelay", static connection => connection.NoDelay = true),
        ("get KeepAlive", static connection => _ = connection.KeepAlive),
        ("set KeepAlive", static connection => connection.KeepAlive = TcpKeepAlive.Default),
        ("get Linger", static connection => _ = connection.Linger),
        ("set Linger", static connection => connection.Linger = TimeSpan.FromSeconds(1)),
        ("get UserTimeout", static connection => _ = connection.UserTimeout),
        ("set UserTimeout", static connection => connection.UserTimeout = TimeSpan.FromMinutes(5)),
        ("GetInfo", static connection => connection.GetInfo()),
    ];

    public static TheoryData<string> Calls => [.. s_calls.Select(static row => row.Name)];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_on_the_socket_enters_the_channel_and_leaves_it(string name)
    {
        using var channel = new WatchedChannel();

        Exception? refusal = Make(name, channel);

        if (refusal is PlatformNotSupportedException)
        {
            return;
        }

        if (refusal is not null)
        {
            refusal.Should().BeOfType<SocketOperationException>();
            name.Should().Be("a refused option");
        }

        channel.Uses.Should().BePositive();
        channel.UsesFromOutside.Should().Be(0);
        channel.Inside.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_on_the_socket_of_a_channel_that_is_closing_is_refused(string name)
    {
        using var channel = new WatchedChannel { IsClosing = true };

        Exception? refusal = Make(name, channel);

        if (refusal is PlatformNotSupportedException)
        {
            return;
        }

        refusal.Should().BeOfType<ObjectDisposedException>();
        channel.Uses.Should().Be(0);
        channel.Inside.Should().Be(0);
    }

    [Fact]
    public void A_caller_who_is_inside_when_the_connection_is_disposed_leaves_it_all_the_same()
    {
        using var channel = new WatchedChannel { ClosesBehindWhoeverEnters = true };

        Make("get NoDelay", channel).Should().BeOfType<ObjectDisposedException>();

        channel.Inside.Should().Be(0);
    }

    private static Exception? Make(string name, WatchedChannel channel)
    {
        Action<TcpConnection> call = s_calls.Single(row => row.Name == name).Call;
        return Record.Exception(() => call(new TcpConnection(channel, new TcpClientOptions())));
    }
}
