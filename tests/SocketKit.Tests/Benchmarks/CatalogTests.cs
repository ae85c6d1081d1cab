using SocketKit.Compare;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Benchmarks;

/// <summary>Which programs run in the cells of datagrams.</summary>
public sealed class CatalogTests
{
    private const int Port = 4711;

    private static readonly Timing s_timing = new(1.5, 0.5, 10);
    private static readonly Programs s_programs = new("load", "native", Peers: null, [], "gcc", HasTls: false);

    [Theory]
    [InlineData("raw", "load client udp-send --by raw --port 4711")]
    [InlineData("raw-sync", "load client udp-send --by raw-sync --port 4711")]
    [InlineData("portable", "load client udp-send --by one --engine portable --port 4711")]
    public void Everywhere_a_sender_is_measured_against_the_receiver_in_C(string name, string sender) => SendsTo(name, sender);

    [LinuxTheory]
    [InlineData("epoll", "load client udp-send --by one --engine epoll --port 4711")]
    [InlineData("epoll-batch", "load client udp-send --by batch --batch 32 --engine epoll --port 4711")]
    [InlineData("epoll-offload", "load client udp-send --by segments --segments 54 --engine epoll --port 4711")]
    [InlineData("c", "native send --udp 4711")]
    [InlineData("c-batch", "native send --batch 32 --udp 4711")]
    [InlineData("c-offload", "native send --segments 54 --udp 4711")]
    public void So_it_is_on_Linux(string name, string sender) => SendsTo(name, sender);

    [LinuxTheory]
    [InlineData("raw", "load server raw-udp-sink --port 4711")]
    [InlineData("portable", "load server udp-sink --by await --engine portable --port 4711")]
    [InlineData("epoll", "load server udp-sink --by await --engine epoll --port 4711")]
    [InlineData("epoll-batch", "load server udp-sink --by batch --batch 32 --size 2048 --engine epoll --port 4711")]
    [InlineData("epoll-offload", "load server udp-sink --by gro --batch 32 --size 2048 --engine epoll --port 4711")]
    [InlineData("c", "native sink --udp 4711")]
    [InlineData("c-batch", "native sink --batch 32 --buffer 2048 --udp 4711")]
    [InlineData("c-offload", "native sink --gro --batch 8 --udp 4711")]
    public void A_receiver_is_measured_by_the_generator(string name, string receiver)
    {
        Contestant contestant = new Catalog(s_programs).Named(name);
        Cell cell = CellParser.Parse("udp-receive:1200");

        contestant.Server(cell, Port)!.Command.Should().Equal(receiver.Split(' '));
        contestant.Client(cell, Port, s_timing).Should().BeNull();
    }

    [LinuxTheory]
    [InlineData("epoll-batch", "udp:1/64/32", "load server udp-echo --batch 32 --size 2048 --engine epoll --port 4711")]
    [InlineData("epoll-batch", "udp:1/9000/32", "load server udp-echo --batch 32 --size 9000 --engine epoll --port 4711")]
    [InlineData("c-batch", "udp:1/64/32", "native serve --spin-us 30 --batch 32 --buffer 2048 --udp 4711")]
    public void Echoes_of_datagrams_have_servers_of_batches(string name, string cell, string server)
    {
        new Catalog(s_programs).Named(name).Server(CellParser.Parse(cell), Port)!.Command.Should().Equal(server.Split(' '));
    }

    [LinuxTheory]
    [InlineData("epoll-batch", "64/32/1")]
    [InlineData("epoll-offload", "udp:1/64/32")]
    [InlineData("c-offload", "udp:1/64/32")]
    [InlineData("epoll-inline", "udp-send:1200")]
    [InlineData("saea", "udp-send:1200")]
    [InlineData("raw-sync", "udp-receive:1200")]
    public void Nobody_takes_part_in_what_he_is_not_made_for(string name, string cell)
    {
        new Catalog(s_programs).Named(name).TakesPartIn(CellParser.Parse(cell)).Should().BeFalse();
    }

    [Theory]
    [InlineData("udp-send:1200")]
    [InlineData("udp-receive:1200")]
    public void Without_the_program_in_C_datagrams_do_not_go_one_way(string cell)
    {
        var options = CompareOptions.Parse(["--cell", cell, "--servers", "raw"]);

        FluentActions.Invoking(() => Plan.Of(options, Suite.Quick, new Catalog(s_programs with { Native = null })))
            .Should().Throw<FormatException>().WithMessage("*native-load*");
    }

    private static void SendsTo(string name, string sender)
    {
        Contestant contestant = new Catalog(s_programs).Named(name);
        Cell plain = CellParser.Parse("udp-send:1200");

        contestant.Client(plain, Port, s_timing).Should().Equal($"{sender} --size 1200 --warmup 3 --seconds 1.5".Split(' '));
        contestant.Server(plain, Port)!.Command.Should().Equal("native sink --udp 4711 --batch 32".Split(' '));
        contestant.Server(CellParser.Parse("udp-send-gro:1200"), Port)!.Command.Should().Equal(
            "native sink --udp 4711 --batch 8 --gro".Split(' '));
    }
}
