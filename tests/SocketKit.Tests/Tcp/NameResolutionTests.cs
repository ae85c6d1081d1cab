using System.Net;
using System.Net.Sockets;
using SocketKit.Tcp;

namespace SocketKit.Tests.Tcp;

public sealed class NameResolutionTests
{
    private static readonly IPAddress[] s_mixed =
    [
        IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2"), IPAddress.Parse("2001:db8::3"),
        IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"),
    ];

    [Fact]
    public void Families_take_turns_beginning_with_the_systems_first()
    {
        Order(s_mixed).Should().Equal("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3");
        Order([.. s_mixed.Reverse()]).Should().Equal("192.0.2.2", "2001:db8::3", "192.0.2.1", "2001:db8::2", "2001:db8::1");
    }

    [Fact]
    public void The_port_is_that_of_the_call()
    {
        NameResolution.Order(s_mixed, 4711, new TcpClientOptions()).Should().OnlyContain(static endPoint => endPoint.Port == 4711);
    }

    [Fact]
    public void Only_the_family_that_was_asked_for_is_left()
    {
        Order(s_mixed, new TcpClientOptions { AddressFamily = AddressFamily.InterNetwork }).Should().Equal("192.0.2.1", "192.0.2.2");
    }

    [Fact]
    public void Only_the_family_of_the_local_address_is_left()
    {
        var options = new TcpClientOptions { LocalEndPoint = new IPEndPoint(IPAddress.IPv6Any, 0) };

        Order(s_mixed, options).Should().Equal("2001:db8::1", "2001:db8::2", "2001:db8::3");
    }

    [Fact]
    public void The_filter_has_the_last_word_and_its_exception_comes_out()
    {
        var some = new TcpClientOptions { AddressFilter = static address => address.ToString() != "2001:db8::1" };
        var none = new TcpClientOptions { AddressFilter = static _ => false };
        var broken = new TcpClientOptions { AddressFilter = static _ => throw new InvalidTimeZoneException() };

        Order(s_mixed, some).Should().Equal("2001:db8::2", "192.0.2.1", "2001:db8::3", "192.0.2.2");
        Order(s_mixed, none).Should().BeEmpty();
        Action order = () => Order(s_mixed, broken);
        order.Should().Throw<InvalidTimeZoneException>("a filter fails closed");
    }

    [Fact]
    public void A_hostile_resolver_costs_sixteen_attempts_at_most()
    {
        IPAddress[] many = [.. Enumerable.Range(1, 100).Select(static i => new IPAddress([192, 0, 2, (byte)i])), IPAddress.IPv6Loopback];

        List<string> ordered = Order(many);

        ordered.Should().HaveCount(16).And.OnlyHaveUniqueItems();
        ordered[1].Should().Be("::1", "the other family gets its turn all the same");
    }

    [Fact]
    public void Without_addresses_there_is_nothing_to_try()
    {
        Order([]).Should().BeEmpty();
    }

    private static List<string> Order(IPAddress[] addresses, TcpClientOptions? options = null) =>
        [.. NameResolution.Order(addresses, 1, options ?? new TcpClientOptions()).Select(static endPoint => endPoint.Address.ToString())];
}
