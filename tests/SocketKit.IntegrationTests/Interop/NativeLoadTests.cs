using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The load generator in C, and its echo server.</summary>
public sealed class NativeLoadTests(NativeLoadTests.Program program) : LoadGenerator, IClassFixture<NativeLoadTests.Program>
{
    [LinuxTheory("gcc")]
    [MemberData(nameof(StreamServers))]
    public Task Every_server_echoes_in_a_closed_loop(string server, string engine) => EchoInAClosedLoop(server, engine);

    [LinuxTheory("gcc")]
    [MemberData(nameof(Engines))]
    public Task It_sends_at_a_fixed_rate_and_connects_anew_for_each_message(string engine) => SendAtARateConnectAndHold(engine);

    [LinuxTheory("gcc")]
    [MemberData(nameof(Engines))]
    public Task Datagrams_come_back_as_they_were_sent(string engine) => EchoDatagrams(engine);

    [LinuxTheory("gcc")]
    [MemberData(nameof(Engines))]
    public Task Datagrams_come_back_from_a_server_of_batches(string engine) => EchoDatagrams(engine, "--batch", "8", "--size", "100");

    [LinuxFact("gcc")]
    public Task Unix_sockets_echo() => EchoOverAUnixSocket();

    [LinuxFact("gcc")]
    public Task A_wrong_byte_is_status_1() => CountAWrongByte();

    [LinuxFact("gcc")]
    public Task A_server_that_is_not_there_is_status_1() => NoticeThatNobodyListens();

    [LinuxFact("gcc")]
    public Task It_prints_the_rate_until_it_is_told_to_measure() => PrintTheRateUntilToldToMeasure();

    [LinuxFact("gcc")]
    public Task Wrong_arguments_are_status_2() => RefuseWrongArguments();

    [LinuxFact("gcc")]
    public async Task A_wrong_argument_is_named()
    {
        using ChildProcess run = Generate("echo", "--tcp", "80000");

        (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().Contain("--tcp 80000");
    }

    [LinuxFact("gcc")]
    public async Task Its_own_server_echoes_over_a_Unix_socket_and_ends_when_told()
    {
        string path = Path.Combine(program.Folder, "echo.sock");
        using ChildProcess server = ChildProcess.Start(program.Path, "serve", "--unix", path);
        await server.LineWith("ready");

        await Run("echo", "--unix", path, "--connections", "4", "--size", "300000");
        await server.Terminate();

        await server.End();
        File.Exists(path).Should().BeFalse();
    }

    [LinuxFact("gcc")]
    public async Task Its_own_server_echoes_datagrams_in_batches()
    {
        using var free = new ClosedPort();
        string port = free.EndPoint.Port.ToString(CultureInfo.InvariantCulture);
        using ChildProcess server = ChildProcess.Start(program.Path, "serve", "--udp", port, "--batch", "8", "--buffer", "2048");
        await server.LineWith("ready");

        await Run("echo", "--udp", port, "--connections", "2", "--size", "1200", "--depth", "16");
    }

    protected override ChildProcess Generate(params string[] arguments) => ChildProcess.Start(program.Path, arguments);

    /// <summary>The program, compiled once for these tests into a folder of their own.</summary>
    public sealed class Program : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("native-load");

        public string Folder => _folder.FullName;

        public string Path => System.IO.Path.Combine(Folder, "native-load");

        public async Task InitializeAsync()
        {
            if (OperatingSystem.IsLinux() && Requirement.HasTool("gcc"))
            {
                string sources = System.IO.Path.Combine(Repository.Root, "benchmarks", "native");
                string[] options = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", Path];
                await Tool.RunAsync("gcc", [.. options, .. Directory.GetFiles(sources, "*.c")]);
            }
        }

        public Task DisposeAsync()
        {
            _folder.Delete(recursive: true);
            return Task.CompletedTask;
        }
    }
}
