using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>What the options of datagram endpoints do when an endpoint is made: the hook, and the log.</summary>
[Collection(Serial.Name)]
public abstract class EndpointFactoryTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void A_hook_that_throws_ends_the_factory_with_its_own_exception_and_leaks_nothing()
    {
        foreach ((string name, Action<Action<Socket>> make) in Factories())
        {
            // The last one of these means elsewhere that another address may do.
            Exception[] all =
            [
                new InvalidOperationException("hook"),
                new SocketException((int)SocketError.AccessDenied),
                new SocketException((int)SocketError.AddressNotAvailable),
            ];
            foreach (Exception thrown in all)
            {
                int calls = 0;
                int baseline = OpenDescriptors.Count();

                Exception? failure = Record.Exception(() => make(socket =>
                {
                    calls++;
                    throw thrown;
                }));

                failure.Should().BeSameAs(thrown, name);
                calls.Should().Be(1, name);
                OpenDescriptors.ShouldReturnTo(baseline);
                Directory.EnumerateFileSystemEntries(Folder).Should().BeEmpty();
            }
        }
    }

    [Fact]
    public void An_endpoint_logs_that_it_was_opened_and_closed_and_no_more_than_debug()
    {
        using var log = new LogRecorder();
        var udp = UdpEndpoint.Bind("127.0.0.1", 0, new UdpEndpointOptions { Engine = Engine, LoggerFactory = log });
        var connected = UdpEndpoint.Connect("127.0.0.1", udp.Port, new UdpEndpointOptions { Engine = Engine, LoggerFactory = log });

        connected.Dispose();
        connected.Dispose();
        udp.Dispose();

        string[] lines = [.. log.Lines.Where(static line => line.Id.Id is >= 1200 and < 1300).Select(static line => line.Text)];
        lines.Should().HaveCount(4);
        lines[0].Should().Contain($"UdpEndpoint opened on {udp.LocalEndPoint}");
        lines[1].Should().Contain($"UdpEndpoint opened on {connected.LocalEndPoint}").And.Contain($"{udp.LocalEndPoint}");
        lines[2].Should().Contain($"UdpEndpoint on {connected.LocalEndPoint} closed");
        lines[3].Should().Contain($"UdpEndpoint on {udp.LocalEndPoint} closed");
        log.Lines.Should().OnlyContain(static line => line.Level == LogLevel.Debug);
    }

    private UdpEndpointOptions UdpOptions(Action<Socket> hook) => new() { Engine = Engine, Configure = hook };

    private UnixDatagramOptions UnixOptions(Action<Socket> hook) => new() { Engine = Engine, Configure = hook };

    private IEnumerable<(string Name, Action<Action<Socket>> Make)> Factories()
    {
        yield return ("UDP Bind", hook => UdpEndpoint.Bind("127.0.0.1", 0, new UdpEndpointOptions { Engine = Engine, Configure = hook }));
        yield return ("UDP Bind, all", hook => UdpEndpoint.Bind(0, new UdpEndpointOptions { Engine = Engine, Configure = hook }));
        yield return ("UDP Connect", hook => UdpEndpoint.Connect("127.0.0.1", 9, UdpOptions(hook)));
        yield return ("UDP Connect, name", hook => UdpEndpoint.Connect("localhost", 9, UdpOptions(hook)));
        yield return ("UDP ConnectAsync", hook => UdpEndpoint.ConnectAsync("localhost", 9, UdpOptions(hook)).GetAwaiter().GetResult());
        yield return ("TCP Listen, all", hook => TcpServer.Listen(0, new TcpServerOptions { Engine = Engine, Configure = hook }));
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        yield return ("Unix Bind", hook => UnixDatagramEndpoint.Bind(PathOf(), UnixOptions(hook)));
        yield return ("Unix Connect", hook => UnixDatagramEndpoint.Connect(PathOf(), UnixOptions(hook)));
        if (MayOpenIcmp())
        {
            yield return ("ICMP", hook => RawEndpoint.OpenIcmp(options: new RawEndpointOptions { Engine = Engine, Configure = hook }));
        }
    }

    private static bool MayOpenIcmp()
    {
        try
        {
            RawEndpoint.OpenIcmp().Dispose();
            return true;
        }
        catch (SocketException)
        {
            // No right to either kind of socket.
            return false;
        }
    }
}

public sealed class EndpointFactoryTests_Portable : EndpointFactoryTests<PortableUnderTest>;

public sealed class EndpointFactoryTests_Epoll : EndpointFactoryTests<EpollUnderTest>;
