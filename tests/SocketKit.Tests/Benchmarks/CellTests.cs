using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class CellTests
{
    [Theory]
    [InlineData("64/32/1", LoadKind.Echo)]
    [InlineData("64/32/1@10000", LoadKind.FixedRate)]
    [InlineData("64/32/1@half", LoadKind.FixedRate)]
    [InlineData("connect:64", LoadKind.Connect)]
    [InlineData("idle:5000", LoadKind.Idle)]
    [InlineData("held:64", LoadKind.Held)]
    [InlineData("udp:1/64/32", LoadKind.Datagrams)]
    [InlineData("work30:32/32/1", LoadKind.Work)]
    [InlineData("start:1/32/1", LoadKind.StartUp)]
    [InlineData("ping:1/32/1", LoadKind.PingPong)]
    [InlineData("tls:64/1024/1", LoadKind.Echo)]
    [InlineData("handshake:4", LoadKind.Connect)]
    [InlineData("resume:4", LoadKind.Connect)]
    [InlineData("tls-idle:1000", LoadKind.Idle)]
    [InlineData("udp-send:1200", LoadKind.Send)]
    [InlineData("udp-send-gro:1200", LoadKind.Send)]
    [InlineData("udp-receive:1200", LoadKind.Receive)]
    [InlineData("udp-receive:64@250000", LoadKind.Receive)]
    public void A_cell_is_read_from_its_own_name(string name, object kind)
    {
        Cell cell = CellParser.Parse(name);

        cell.Kind.Should().Be((LoadKind)kind);
        cell.Name.Should().Be(name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("64")]
    [InlineData("64/32")]
    [InlineData("0/32/1")]
    [InlineData("64/32/99999999")]
    [InlineData("connect:64/32/1")]
    [InlineData("udp:64")]
    [InlineData("tls:64")]
    [InlineData("handshake:4/32/1")]
    [InlineData("tls:64/32/1@100")]
    [InlineData("udp:1/64/32@100")]
    [InlineData("work:32/32/1")]
    [InlineData("64/32/1@0")]
    [InlineData("64/32/1@fast")]
    [InlineData("99999999999999999999/32/1")]
    [InlineData("udp-send:0")]
    [InlineData("udp-send:65508")]
    [InlineData("udp-send:1/1200/1")]
    [InlineData("udp-send:1200@100")]
    [InlineData("udp-receive:1200@0")]
    [InlineData("udp-receive:1200@half")]
    public void What_is_no_cell_is_refused_with_its_name(string name)
    {
        FluentActions.Invoking(() => CellParser.Parse(name)).Should().Throw<FormatException>().WithMessage($"--cell {name}*");
    }

    [Fact]
    public void A_receiver_gets_a_rate_that_none_is_too_slow_for_unless_the_cell_says_another()
    {
        CellParser.Parse("udp-receive:1200").Rate.Should().Be(100_000);
        CellParser.Parse("udp-receive:1200@5").Rate.Should().Be(5);
    }

    [Fact]
    public void Half_of_a_peak_refers_to_the_closed_loop_of_the_same_shape()
    {
        CellParser.Parse("64/32/1@half").ClosedLoop.Should().Be(CellParser.Parse("64/32/1"));
    }

    [Theory]
    [InlineData("quick")]
    [InlineData("full")]
    [InlineData("tls")]
    [InlineData("datagrams")]
    public void In_a_suite_the_closed_loop_comes_before_its_half(string name)
    {
        Cell[] cells = [.. Suite.Named(name).Entries.Select(static entry => entry.Cell)];

        cells.Should().OnlyHaveUniqueItems();
        foreach (Cell half in cells.Where(static cell => cell is { Kind: LoadKind.FixedRate, Rate: null }))
        {
            Array.IndexOf(cells, half.ClosedLoop).Should().BeInRange(0, Array.IndexOf(cells, half));
        }
    }
}
