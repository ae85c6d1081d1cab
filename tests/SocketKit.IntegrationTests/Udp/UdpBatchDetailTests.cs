using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>What a batch tells of each datagram beside its content.</summary>
public abstract class UdpBatchDetailTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>ip(7): net.ipv4.ip_default_ttl; IPv6 has the same number.</summary>
    private const int DefaultTtl = 64;

    private UdpEndpointOptions Detailed => new()
    {
        Engine = Engine,
        ReceiveEcn = true,
        ReceiveTtl = true,
        ReceiveTimestamp = true,
        ReceivePacketInfo = true,
    };

    [LinuxTheory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    [InlineData("0.0.0.0", "127.0.0.5")]
    public void Destination_interface_congestion_bits_TTL_and_time_come_with_each_datagram(string bound, string target)
    {
        if (bound.Contains(':') && !Socket.OSSupportsIPv6)
        {
            return;
        }

        using var server = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Parse(bound), 0), Detailed);
        IPAddress to = IPAddress.Parse(target);
        bool isIPv4 = to.AddressFamily == AddressFamily.InterNetwork;
        using var client = UdpEndpoint.Bind(new IPEndPoint(isIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0), UdpOptions);
        SocketAddress address = new IPEndPoint(to, server.Port).Serialize();
        using var batch = new DatagramBatch(8);
        foreach (Ecn ecn in Enum.GetValues<Ecn>())
        {
            batch.Add("x"u8, address, ecn);
        }

        DateTimeOffset before = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(1);
        client.SendBatch(batch).Should().Be(4);
        server.ReceiveBatch(batch).Should().Be(4);

        for (int i = 0; i < 4; i++)
        {
            batch[i].Ecn.Should().Be((Ecn)i);
            batch[i].Ttl.Should().Be(DefaultTtl);
            batch[i].LocalAddress.Should().Be(to);
            batch[i].InterfaceIndex.Should().BePositive();
            batch[i].Timestamp.Should().BeOnOrAfter(before).And.BeOnOrBefore(DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1));
        }
    }

    [LinuxTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void The_TTL_is_the_one_that_the_datagram_came_with(string address)
    {
        var to = IPAddress.Parse(address);
        bool isIPv6 = to.AddressFamily == AddressFamily.InterNetworkV6;
        if (isIPv6 && !Socket.OSSupportsIPv6)
        {
            return;
        }

        using var server = UdpEndpoint.Bind(new IPEndPoint(to, 0), Detailed);
        using var client = UdpEndpoint.Connect(server.LocalEndPoint, UdpOptions);
        using var batch = new DatagramBatch(1);
        foreach (int ttl in new[] { 1, 9, 255 })
        {
            client.SetOption(isIPv6 ? SocketOption.HopLimit : SocketOption.TimeToLive, ttl);
            client.Send("x"u8);
            server.ReceiveBatch(batch).Should().Be(1);

            batch[0].Ttl.Should().Be(ttl);
        }
    }

    [LinuxFact]
    public void What_was_received_goes_back_without_its_congestion_bits()
    {
        using UdpEndpoint server = Bind(Detailed);
        using UdpEndpoint client = Bind(Detailed);
        using var batch = new DatagramBatch();
        batch.Add("x"u8, server.LocalEndPoint.Serialize(), Ecn.CongestionExperienced);
        client.SendBatch(batch);
        server.ReceiveBatch(batch);
        batch[0].Ecn.Should().Be(Ecn.CongestionExperienced);

        server.SendBatch(batch);
        client.ReceiveBatch(batch);

        batch[0].Ecn.Should().Be(Ecn.None);
    }

    [Fact]
    public void Nothing_is_told_that_was_not_asked_for()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch();
        batch.Add("x"u8, server.LocalEndPoint.Serialize(), Ecn.Ect0);
        client.SendBatch(batch);
        server.ReceiveBatch(batch);

        batch[0].Ecn.Should().Be(Ecn.None);
        batch[0].LocalAddress.Should().BeNull();
        batch[0].InterfaceIndex.Should().Be(0);
        batch[0].Ttl.Should().Be(0);
        batch[0].Timestamp.Should().BeNull();
    }

    [LinuxFact]
    public void A_batch_moves_between_endpoints_that_ask_for_different_things()
    {
        using UdpEndpoint plain = Bind();
        using UdpEndpoint detailed = Bind(Detailed);
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch();
        for (int i = 0; i < 3; i++)
        {
            client.SendTo("plain"u8, plain.LocalEndPoint);
            client.SendTo("detailed"u8, detailed.LocalEndPoint);
            plain.ReceiveBatch(batch).Should().Be(1);
            batch[0].LocalAddress.Should().BeNull();
            detailed.ReceiveBatch(batch).Should().Be(1);
            batch[0].LocalAddress.Should().Be(IPAddress.Loopback);
        }
    }
}

public sealed class UdpBatchDetailTests_Portable : UdpBatchDetailTests<PortableUnderTest>;

public sealed class UdpBatchDetailTests_Epoll : UdpBatchDetailTests<EpollUnderTest>;
