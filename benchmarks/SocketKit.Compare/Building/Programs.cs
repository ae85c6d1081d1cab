namespace SocketKit.Compare;

/// <summary>The programs that take part, built where they are older than their sources.</summary>
/// <param name="Load">SocketKit.Load.</param>
/// <param name="Native">The generator in C, which also is the limit; null without gcc.</param>
/// <param name="Peers">SocketKit.Peers; null if this repository has none.</param>
/// <param name="PeerNames">What SocketKit.Peers can serve.</param>
/// <param name="Compiler">What the generator in C was built with.</param>
/// <param name="HasTls">Whether the generator in C speaks TLS.</param>
internal sealed record Programs(
    string Load, string? Native, string? Peers, IReadOnlyList<string> PeerNames, string? Compiler, bool HasTls)
{
    /// <summary>Before the names in what SocketKit.Peers says of itself.</summary>
    private const string PeerNamesWord = "NAME is one of: ";

    private const string LoadProject = "SocketKit.Load";
    private const string PeersProject = "SocketKit.Peers";
    private const string Gcc = "gcc";

    private static readonly string[] s_gccOptions = ["-std=gnu17", "-O2", "-Wall", "-Wextra"];

    /// <summary>What there would be, without building anything.</summary>
    public static async Task<Programs> ExpectAsync(SourceTree tree, CancellationToken cancellationToken)
    {
        string? peers = HasPeers(tree) ? tree.ProgramOf(PeersProject) : null;
        return new Programs(
            tree.ProgramOf(LoadProject), HasGcc ? NativeProgram(tree) : null, peers, await NamesAsync(tree, peers, cancellationToken),
            HasGcc ? Gcc : null, await HasOpenSslAsync(tree, cancellationToken));
    }

    /// <exception cref="BuildException">A program does not build.</exception>
    public static async Task<Programs> BuildAsync(SourceTree tree, Action<string> say, CancellationToken cancellationToken)
    {
        string load = await BuildProjectAsync(tree, LoadProject, say, cancellationToken);
        string? peers = HasPeers(tree) ? await BuildProjectAsync(tree, PeersProject, say, cancellationToken) : null;
        string? native = await BuildNativeAsync(tree, say, cancellationToken);
        return new Programs(
            load, native, peers, await NamesAsync(tree, peers, cancellationToken),
            native is null ? null : await CompilerAsync(tree, cancellationToken), await HasOpenSslAsync(tree, cancellationToken));
    }

    /// <summary>The program uses epoll.</summary>
    private static bool HasGcc => OperatingSystem.IsLinux() && Tools.Find(Gcc) is not null;

    private static bool HasPeers(SourceTree tree) => Directory.Exists(tree.PathOf("benchmarks", PeersProject));

    private static string NativeProgram(SourceTree tree) => tree.PathOf("artifacts", "native", "native-load");

    private static async Task<string> BuildProjectAsync(
        SourceTree tree, string project, Action<string> say, CancellationToken cancellationToken)
    {
        string program = tree.ProgramOf(project);
        string library = Path.Combine(Path.GetDirectoryName(program)!, project + ".dll");
        if (tree.IsOutdated(library, "src/SocketKit", $"benchmarks/{project}"))
        {
            say($"builds {project}");
            string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
            // No build server stays behind, which would run beside the measurements.
            await RunAsync(
                tree, project,
                [dotnet, "build", $"benchmarks/{project}", "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false",
                    "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false"],
                cancellationToken);
            // The compiler leaves a file as it is if nothing in it would change.
            File.SetLastWriteTimeUtc(library, DateTime.UtcNow);
        }

        return program;
    }

    private static async Task<string?> BuildNativeAsync(SourceTree tree, Action<string> say, CancellationToken cancellationToken)
    {
        if (!HasGcc)
        {
            return null;
        }

        string program = NativeProgram(tree);
        if (tree.IsOutdated(program, "benchmarks/native"))
        {
            say("builds native-load with gcc");
            Directory.CreateDirectory(Path.GetDirectoryName(program)!);
            IEnumerable<string> sources = Directory.EnumerateFiles(tree.PathOf("benchmarks", "native"), "*.c")
                .Order(StringComparer.Ordinal);
            await RunAsync(
                tree, "native-load",
                await HasOpenSslAsync(tree, cancellationToken)
                    ? [Gcc, .. s_gccOptions, "-DTLS", "-o", program, .. sources, "-lssl", "-lcrypto"]
                    : [Gcc, .. s_gccOptions, "-o", program, .. sources],
                cancellationToken);
        }

        return program;
    }

    /// <summary>Without arguments it says which servers it has.</summary>
    private static async Task<IReadOnlyList<string>> NamesAsync(SourceTree tree, string? peers, CancellationToken cancellationToken)
    {
        if (peers is null || !File.Exists(peers))
        {
            return [];
        }

        (_, string usage) = await Tools.RunAsync([peers], tree.Root, cancellationToken);
        return [.. usage.Split('\n').Where(static line => line.Contains(PeerNamesWord, StringComparison.Ordinal))
            .SelectMany(static line => line[(line.IndexOf(PeerNamesWord, StringComparison.Ordinal) + PeerNamesWord.Length)..]
                .Split(',', StringSplitOptions.TrimEntries))];
    }

    /// <summary>Whether there are the headers of OpenSSL.</summary>
    private static async Task<bool> HasOpenSslAsync(SourceTree tree, CancellationToken cancellationToken) => HasGcc
        && (await Tools.RunAsync(
            [Gcc, "-fsyntax-only", "-include", "openssl/ssl.h", "-x", "c", "/dev/null"], tree.Root, cancellationToken)).Status == 0;

    private static async Task<string> CompilerAsync(SourceTree tree, CancellationToken cancellationToken) =>
        "gcc " + (await Tools.RunAsync([Gcc, "-dumpfullversion"], tree.Root, cancellationToken)).Output;

    private static async Task RunAsync(SourceTree tree, string what, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        (int status, string output) = await Tools.RunAsync(command, tree.Root, cancellationToken);
        if (status != 0)
        {
            throw new BuildException($"{what} does not build: {string.Join(' ', command)}\n{output}");
        }
    }
}

/// <summary>A program that takes part does not build.</summary>
internal sealed class BuildException(string message) : Exception(message);
