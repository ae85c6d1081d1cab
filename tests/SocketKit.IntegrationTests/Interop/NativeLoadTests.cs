using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The load generator in C against the servers that are measured with it: a short run in which every echo is right.</summary>
public sealed class NativeLoadTests(NativeLoadTests.Program program) : IClassFixture<NativeLoadTests.Program>
{
    private static readonly string[] s_short = ["--warmup", "0.1", "--seconds", "0.3"];

    public static TheoryData<string, string> StreamServers => new()
    {
        { "tcp-echo", "portable" },
        { "tcp-echo", "epoll" },
        { "raw", "" },
        { "raw-sync", "" },
        { "networkstream", "" },
        { "saea", "" },
    };

    [LinuxTheory("gcc")]
    [MemberData(nameof(StreamServers))]
    public async Task Every_server_echoes_in_a_closed_loop(string server, string engine)
    {
        using ChildProcess running = Start(server, engine);
        string port = await PortOf(running);

        await Run("echo", "--tcp", port, "--connections", "4", "--depth", "2", "--size", "100", "--server-pid", Text(running.Id));
    }

    [LinuxTheory("gcc")]
    [InlineData("portable")]
    [InlineData("epoll")]
    public async Task It_sends_at_a_fixed_rate_and_connects_anew_for_each_message(string engine)
    {
        using ChildProcess running = Start("tcp-echo", engine);
        string port = await PortOf(running);

        // Without a rate it waits longer for the first answer of a server that has just started.
        await Run("echo", "--tcp", port);
        await Run("echo", "--tcp", port, "--connections", "4", "--rate", "500");
        await Run("connect", "--tcp", port, "--connections", "4");
        (await Run("idle", "--tcp", port, "--connections", "10")).Should().Contain("connections=10");
    }

    [LinuxTheory("gcc")]
    [InlineData("portable")]
    [InlineData("epoll")]
    public async Task Datagrams_come_back_as_they_were_sent(string engine)
    {
        using ChildProcess running = Start("udp-echo", engine);
        string port = await PortOf(running);

        await Run("echo", "--udp", port, "--connections", "2", "--size", "64", "--depth", "8");
        await Run("echo", "--udp", port, "--connections", "2", "--size", "64", "--rate", "500");
    }

    [LinuxFact("gcc")]
    public async Task Its_own_server_echoes_over_a_Unix_socket_and_ends_when_told()
    {
        string path = Path.Combine(program.Folder, "echo.sock");
        using ChildProcess server = ChildProcess.Start(program.Path, "serve", "--unix", path);
        await server.LineWith("ready");

        await Run("echo", "--unix", path, "--connections", "4", "--size", "300000");
        await Tool.RunAsync("sh", "-c", $"kill -TERM {server.Id}");

        await server.End();
        File.Exists(path).Should().BeFalse();
    }

    [LinuxFact("gcc")]
    public async Task Wrong_arguments_are_status_2()
    {
        using ChildProcess run = ChildProcess.Start(program.Path, "echo", "--tcp", "80000");

        (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().Contain("--tcp 80000");
    }

    private static ChildProcess Start(string server, string engine)
    {
        string[] options = engine.Length > 0 ? ["--engine", engine] : [];
        return ChildProcess.StartSample("SocketKit.Load", ["server", server, "--port", "0", .. options]);
    }

    private static async Task<string> PortOf(ChildProcess server)
    {
        int port = await server.PortAfter("listening=127.0.0.1:");
        await server.LineWith("ready");
        return Text(port);
    }

    /// <summary>Status 0 means that every byte came back; gives the line with the figures.</summary>
    private async Task<string> Run(params string[] arguments)
    {
        using ChildProcess load = ChildProcess.Start(program.Path, [.. arguments, .. s_short]);
        string line = (await load.End())[^1];
        line.Should().Contain("errors=0");
        return line;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

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
