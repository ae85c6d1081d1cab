using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class CompareOptionsTests
{
    [Fact]
    public void Without_arguments_it_is_the_quick_suite_as_it_is()
    {
        var options = CompareOptions.Parse([]);

        options.Suite.Should().Be("quick");
        options.IsOrdinary.Should().BeTrue();
        options.MayPin.Should().BeTrue();
    }

    [Fact]
    public void All_options_are_read()
    {
        var options = CompareOptions.Parse(
        [
            "--suite", "full", "--cell", "1/32/1", "--cell", "idle:10", "--servers", "raw, epoll", "--command", "mine=./mine {port}",
            "--rounds", "7", "--seconds", "0.5", "--no-pin", "--report", "out",
        ]);

        options.Cells.Select(static cell => cell.Name).Should().Equal("1/32/1", "idle:10");
        options.Servers.Should().Equal("raw", "epoll");
        options.Commands.Should().Equal("mine=./mine {port}");
        options.Should().Match<CompareOptions>(static options => options.Suite == "full" && options.Rounds == 7 && options.Seconds == 0.5
            && !options.MayPin && options.Report == "out" && !options.IsOrdinary);
    }

    [Fact]
    public void Servers_of_somebody_else_are_compared_alone_if_the_list_of_servers_is_none()
    {
        CompareOptions.Parse(["--servers", "none", "--command", "mine=./mine {port}"]).Servers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("--cell")]
    [InlineData("--rounds 0")]
    [InlineData("--rounds many")]
    [InlineData("--seconds 0")]
    [InlineData("--seconds NaN")]
    [InlineData("--servers ,")]
    [InlineData("--fast")]
    [InlineData("fast 1")]
    public void A_wrong_argument_is_named(string text)
    {
        string[] arguments = text.Split(' ');

        FluentActions.Invoking(() => CompareOptions.Parse(arguments)).Should().Throw<FormatException>()
            .WithMessage($"*{arguments[0]}*");
    }

    [Theory]
    [InlineData("a b  c", new[] { "a", "b", "c" })]
    [InlineData("'my server' --name=\"x y\" ''", new[] { "my server", "--name=x y", "" })]
    [InlineData("  ", new string[0])]
    public void A_command_is_split_as_a_shell_does(string text, string[] words)
    {
        CommandText.Split(text).Should().Equal(words);
    }

    [Fact]
    public void A_quotation_mark_that_stays_open_is_refused()
    {
        FluentActions.Invoking(() => CommandText.Split("a 'b")).Should().Throw<FormatException>();
    }

    [Theory]
    [InlineData("mine=./mine")]
    [InlineData("./mine {port}")]
    [InlineData("=./mine {port}")]
    public void A_server_needs_a_name_and_a_place_for_its_port(string text)
    {
        FluentActions.Invoking(() => Catalog.OfCommand(text)).Should().Throw<FormatException>();
    }

    [Fact]
    public void A_server_of_somebody_else_gets_the_port_and_takes_part_where_any_echo_server_can()
    {
        Contestant mine = Catalog.OfCommand("mine=./mine --listen 127.0.0.1:{port}");

        mine.Server(CellParser.Parse("64/32/1"), 4711)!.Command.Should().Equal("./mine", "--listen", "127.0.0.1:4711");
        mine.TakesPartIn(CellParser.Parse("connect:64")).Should().BeTrue();
        mine.TakesPartIn(CellParser.Parse("udp:1/64/32")).Should().BeFalse();
        mine.TakesPartIn(CellParser.Parse("work30:32/32/1")).Should().BeFalse();
    }
}
