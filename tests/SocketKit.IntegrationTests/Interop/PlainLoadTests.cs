using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The load generator on System.Net.Sockets, for machines without gcc.</summary>
public sealed class PlainLoadTests : LoadGenerator
{
    [Theory]
    [MemberData(nameof(StreamServers))]
    public Task Every_server_echoes_in_a_closed_loop(string server, string engine) => EchoInAClosedLoop(server, engine);

    [Theory]
    [MemberData(nameof(Engines))]
    public Task It_sends_at_a_fixed_rate_and_connects_anew_for_each_message(string engine) => SendAtARateConnectAndHold(engine);

    [Theory]
    [MemberData(nameof(Engines))]
    public Task Datagrams_come_back_as_they_were_sent(string engine) => EchoDatagrams(engine);

    [Fact]
    public Task Unix_sockets_echo() => EchoOverAUnixSocket();

    [Fact]
    public Task A_wrong_byte_is_status_1() => CountAWrongByte();

    [Fact]
    public Task A_server_that_is_not_there_is_status_1() => NoticeThatNobodyListens();

    [Fact]
    public Task It_prints_the_rate_until_it_is_told_to_measure() => PrintTheRateUntilToldToMeasure();

    [Fact]
    public Task Wrong_arguments_are_status_2() => RefuseWrongArguments();

    [Fact]
    public async Task A_wrong_argument_is_named()
    {
        using ChildProcess run = Generate("echo", "--tcp", "80000");

        (await run.End(exitCode: 2))[0].Should().Contain("--tcp 80000");
    }

    protected override ChildProcess Generate(params string[] arguments) =>
        ChildProcess.StartSample("SocketKit.Load", ["generate", .. arguments]);
}
