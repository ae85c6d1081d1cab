using System.Net;
using SocketKit.Sockets.Limits;

namespace SocketKit.Tests.Serving;

/// <summary>Which addresses count as one, and what is left of those that are gone.</summary>
public sealed class AddressTableTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db9:1:2::1", false)]
    [InlineData("fe80::1%2", "fe80::2%3", true)]
    [InlineData("0.0.0.1", "::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void An_IPv4_address_counts_for_itself_and_an_IPv6_address_for_its_64_bits(string first, string second, bool areOne)
    {
        var one = new AddressKey(IPAddress.Parse(first));
        var other = new AddressKey(IPAddress.Parse(second));

        one.Equals(other).Should().Be(areOne);
        (one.GetHashCode() == other.GetHashCode()).Should().Be(areOne);
    }

    [Fact]
    public void The_limit_holds_for_each_address_and_a_place_that_is_given_back_is_free()
    {
        var table = new AddressTable(limit: 2);
        var mapped = IPAddress.Parse("::ffff:192.0.2.1");
        var plain = IPAddress.Parse("192.0.2.1");
        var other = IPAddress.Parse("192.0.2.2");

        table.TryAdd(plain).Should().BeTrue();
        table.TryAdd(mapped).Should().BeTrue();
        table.TryAdd(plain).Should().BeFalse();
        table.TryAdd(mapped).Should().BeFalse();
        table.TryAdd(other).Should().BeTrue();
        table.Remove(mapped);
        table.TryAdd(plain).Should().BeTrue();
        table.TryAdd(plain).Should().BeFalse();
    }

    [Fact]
    public void An_address_without_connections_has_no_entry()
    {
        var table = new AddressTable(limit: 3);
        IPAddress[] addresses = [.. Enumerable.Range(0, 1000).Select(static i => new IPAddress([10, 0, (byte)(i >> 8), (byte)i]))];
        foreach (IPAddress address in addresses)
        {
            table.TryAdd(address).Should().BeTrue();
            table.TryAdd(address).Should().BeTrue();
        }

        foreach (IPAddress address in addresses)
        {
            table.Remove(address);
            table.Remove(address);
        }

        table.Count.Should().Be(0);
    }
}
