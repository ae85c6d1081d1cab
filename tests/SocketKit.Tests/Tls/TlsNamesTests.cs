using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

public sealed class TlsNamesTests
{
    private static readonly TestAuthority s_authority = new();

    [Theory]
    [InlineData("a.example", "a.example")]
    [InlineData("A.Example.", "a.example")]
    [InlineData("localhost", "localhost")]
    [InlineData("my_service", "my_service")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("bücher。example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("0:0:0:0:0:0:0:1", "::1")]
    [InlineData("::1%lo", "::1")]
    [InlineData("[fe80::1%eth0]", "fe80::1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    public void Names_and_addresses_are_brought_into_one_form(string written, string form)
    {
        TlsNames.OfHost(written, "TargetHost").Should().Be(form);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(".", "empty label")]
    [InlineData("a..example", "empty label")]
    [InlineData(".example", "empty label")]
    [InlineData("ü..example", "empty label")]
    [InlineData("a.example..", "empty label")]
    [InlineData("a.example\0.b", "contains NUL")]
    [InlineData("a b.example", "contains \" \"")]
    [InlineData("a\n.example", "contains \"\\u000a\"")]
    [InlineData("a@example", "contains \"@\"")]
    [InlineData("https://a.example", "is a URL")]
    [InlineData("a.example/path", "contains a slash")]
    [InlineData("a.example:443", "without a port")]
    [InlineData("[::1]:443", "without a port")]
    [InlineData("127.0.0.1:443", "without a port")]
    [InlineData("*.example", "may only stand for the whole first label")]
    [InlineData("[a.example]", "contains \"[\"")]
    public void What_is_neither_a_name_nor_an_address_is_refused(string written, string why)
    {
        Func<string> normalise = () => TlsNames.OfHost(written, "TargetHost");

        normalise.Should().Throw<ArgumentException>().WithParameterName("TargetHost").Which.Message.Should().Contain(why);
    }

    [Fact]
    public void A_label_has_at_most_63_characters_and_a_name_253()
    {
        string label = new('a', 63);
        TlsNames.OfHost($"{label}.example", "x").Should().Be($"{label}.example");

        Refusal($"{label}a.example").Should().Contain("more than 63");
        Refusal($"ü{label}.example").Should().Contain("more than 63");
        Refusal(string.Join('.', Enumerable.Repeat(label, 4))).Should().Contain("longer than 253");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("A.example", "a.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("bad host", null)]
    [InlineData("a\n.example", null)]
    [InlineData("*.example", null)]
    public void What_a_client_asks_for_is_mapped_back_or_is_no_name(string decoded, string? name)
    {
        TlsNames.OfClient(decoded).Should().Be(name);
    }

    [Theory]
    [InlineData("a.example.com", "a.example.com", true)]
    [InlineData("A.Example.com", "a.example.com", true)]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.EXAMPLE.com", "a.example.com", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", "a.b.example.com", false)]
    [InlineData("a*.example.com", "ab.example.com", false)]
    [InlineData("*b.example.com", "ab.example.com", false)]
    [InlineData("a.*.com", "a.example.com", false)]
    [InlineData("*.*.com", "a.example.com", false)]
    [InlineData("*.com", "example.com", false)]
    [InlineData("*", "localhost", false)]
    [InlineData("*.example.com", "xn--bcher-kva.example.com", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::1", "::1", true)]
    [InlineData("a.example.com", "b.example.com", false)]
    public void A_certificate_is_for_its_names_and_a_star_is_the_whole_first_label(string written, string host, bool fits)
    {
        SubjectNames.Of(s_authority.Issue(written)).Fit(host).Should().Be(fits);
    }

    [Fact]
    public void A_certificate_without_alternative_names_is_for_nobody()
    {
        SubjectNames names = SubjectNames.Of(s_authority.Issue(new CertificateOrder { CommonName = "a.example" }));

        names.Fit("a.example").Should().BeFalse();
        names.All.Should().BeEmpty();
    }

    private static string Refusal(string name)
    {
        Func<string> normalise = () => TlsNames.OfHost(name, "x");
        return normalise.Should().Throw<ArgumentException>().Which.Message;
    }
}
