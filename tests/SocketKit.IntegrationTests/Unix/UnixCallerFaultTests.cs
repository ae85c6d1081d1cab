using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Addresses that no Unix socket can have are refused before anything is sent, and the endpoint serves the next call.</summary>
public abstract class UnixCallerFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[8];

    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxFact]
    public async Task A_socket_address_that_is_no_whole_one_is_refused_in_every_shape()
    {
        using var receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using var sender = UnixDatagramEndpoint.Bind(PathOf("sender"), Options);
        SocketAddress[] wrong =
        [
            new(AddressFamily.Unix, 2),
            new(AddressFamily.Unix, 2) { Size = 0 },
            new(AddressFamily.Unix, 200),
            new(AddressFamily.InterNetwork),
            new(AddressFamily.InterNetworkV6),
        ];

        foreach (SocketAddress to in wrong)
        {
            foreach (Func<Task> send in Sends(sender, to))
            {
                (await Record.ExceptionAsync(send)).Should().BeAssignableTo<ArgumentException>();
            }
        }

        EndPoint[] others = [new ThrowingEndPoint(), new DnsEndPoint("localhost", 1), new IPEndPoint(IPAddress.Loopback, 1)];
        foreach (EndPoint to in others)
        {
            Record.Exception(() => sender.SendTo("x"u8, to)).Should().BeOfType<ArgumentException>();
            Record.Exception(() => sender.TrySendTo("x"u8, to, out _)).Should().BeOfType<ArgumentException>();
            (await Record.ExceptionAsync(async () => await sender.SendToAsync("x"u8.ToArray(), to))).Should().BeOfType<ArgumentException>();
        }

        sender.SendTo("next"u8, receiver.LocalEndPoint!).Should().Be(4);
        receiver.ReceiveFrom(_buffer).RemoteEndPoint.Should().Be(sender.LocalEndPoint);
    }

    [LinuxFact]
    public void The_address_of_a_sender_without_a_name_cannot_be_answered_and_says_so()
    {
        using var receiver = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using var sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        var from = new SocketAddress(AddressFamily.Unix);
        sender.Send("x"u8);
        receiver.ReceiveFrom(_buffer, from);

        Record.Exception(() => receiver.SendTo("x"u8, from))
            .Should().BeOfType<ArgumentException>().Which.Message.Should().Contain("without a name");
    }

    private static IEnumerable<Func<Task>> Sends(UnixDatagramEndpoint endpoint, SocketAddress to) =>
    [
        () => Task.FromResult(endpoint.SendTo("x"u8, to)),
        () => Task.FromResult(endpoint.TrySendTo("x"u8, to, out _)),
        () => endpoint.SendToAsync("x"u8.ToArray(), to).AsTask(),
    ];
}

public sealed class UnixCallerFaultTests_Portable : UnixCallerFaultTests<PortableUnderTest>;

public sealed class UnixCallerFaultTests_PortableWithoutSystemCalls : UnixCallerFaultTests<PortableWithoutSystemCalls>;

public sealed class UnixCallerFaultTests_Epoll : UnixCallerFaultTests<EpollUnderTest>;
