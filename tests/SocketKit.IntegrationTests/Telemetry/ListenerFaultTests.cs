using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>Listeners are application code, which may throw wherever it is called.</summary>
[Collection(Serial.Name)]
public abstract class ListenerFaultTests<TEngine> : TelemetryTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Fault = "thrown by a listener";

    [Theory]
    [MemberData(nameof(LimitedServer.Transports), MemberType = typeof(LimitedServer))]
    public async Task What_a_meter_listener_throws_ends_nothing_and_no_count_is_lost(string transport)
    {
        using var unobserved = new UnobservedExceptions();
        using var meter = new MeterRecorder(static () => throw new InvalidOperationException(Fault));
        await ServeAsync(transport, async server =>
        {
            (string, object?) own = TagOf(server.LocalEndPoint);
            await EndedAsync(server);
            meter.Of(Active, own).Should().HaveCount(2 * (int)server.GetStatistics().AcceptedTotal);
            meter.Sum(Active, own).Should().Be(0);
            meter.Of(Duration, own).Should().HaveCount((int)server.GetStatistics().AcceptedTotal);
            meter.Of(Rejections, own).Should().HaveCount((int)server.GetStatistics().RejectedTotal);
        });
        unobserved.ShouldBeNone();
    }

    [Theory]
    [InlineData(LimitedServer.Tcp, true, false)]
    [InlineData(LimitedServer.Tcp, false, true)]
    [InlineData(LimitedServer.Tcp, true, true)]
    public async Task What_an_activity_listener_throws_ends_nothing_and_leaves_nothing_behind(string transport, bool atStart, bool atEnd)
    {
        using var unobserved = new UnobservedExceptions();
        using var trace = new TraceRecorder(
            atStart ? static () => throw new InvalidOperationException(Fault) : null,
            atEnd ? static () => throw new InvalidOperationException(Fault) : null);
        Activity.Current.Should().BeNull();
        await ServeAsync(transport, static server => EndedAsync(server));
        Activity.Current.Should().BeNull();
        unobserved.ShouldBeNone();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_listeners_throw_reaches_neither_a_connect_nor_a_client(bool asynchronous)
    {
        using var meter = new MeterRecorder(static () => throw new InvalidOperationException(Fault));
        using var trace = new TraceRecorder(
            static () => throw new InvalidOperationException(Fault), static () => throw new InvalidOperationException(Fault));
        using TcpServer server = Listen();
        (string, object?) own = (AttributeNames.ServerPort, server.Port);

        TcpClient client = asynchronous
            ? await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).Within()
            : Connect(server);
        meter.Sum("socketkit.client.active_connections", own).Should().Be(1);
        client.Dispose();

        meter.Sum("socketkit.client.active_connections", own).Should().Be(0);
        meter.Of("socketkit.client.connect.duration", own).Should().ContainSingle();
        Activity.Current.Should().BeNull();
    }

    /// <summary>A full server with a handler that fails now and then, so that every measurement is made.</summary>
    private async Task ServeAsync(string transport, Func<LimitedServer, Task> check)
    {
        await using LimitedServer server = Start(
            transport,
            static async (connection, token) =>
            {
                byte[] word = new byte[1];
                await connection.ReceiveAsync(word, token);
                await connection.SendAsync(word, token);
                if (word[0] == 't')
                {
                    throw new InvalidOperationException("thrown by the handler");
                }

                await EchoAsync(connection, token);
            },
            static values => values.MaxConnections = 1);
        for (int i = 0; i < 10; i++)
        {
            using (Socket peer = server.Connect())
            {
                Say(peer, i % 2 == 0 ? 'e' : 't');
                if (i % 2 == 0)
                {
                    using Socket rejected = server.Connect();
                    long expected = (i / 2) + 1;
                    await Eventually.BeTrueAsync(() => server.GetStatistics().RejectedTotal == expected, "the server is full");
                }
            }

            await EndedAsync(server);
        }

        server.GetStatistics().AcceptedTotal.Should().Be(10);
        await check(server);
    }
}

public sealed class ListenerFaultTests_Portable : ListenerFaultTests<PortableUnderTest>;

public sealed class ListenerFaultTests_Epoll : ListenerFaultTests<EpollUnderTest>;
