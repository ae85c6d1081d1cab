using System.Globalization;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Base of the tests of Unix sockets: a short directory of its own per test, and options that carry the engine.</summary>
public abstract class UnixTests<TEngine> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private static int s_names;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sk");

    protected UnixServerOptions UnixServerOptions => new() { Engine = Engine };

    protected UnixClientOptions UnixClientOptions => new() { Engine = Engine };

    /// <summary>Number of the user who runs the tests.</summary>
    protected static uint OwnUserId { get; } = OperatingSystem.IsLinux() ? ReadOwnUserId() : 0;

    protected string Folder => _directory.FullName;

    /// <summary>A path at which nothing is.</summary>
    protected string PathOf(string name = "s") => Path.Combine(_directory.FullName, name);

    /// <summary>An abstract name that nobody uses. Each engine counts for itself.</summary>
    protected static string AbstractName() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"\0socketkit-test-{Environment.ProcessId}-{typeof(TEngine).Name}-{Interlocked.Increment(ref s_names)}");

    protected UnixServer ListenUnix(string path, UnixServerOptions? options = null) =>
        UnixServer.Listen(path, options ?? UnixServerOptions);

    protected UnixClient ConnectUnix(string path, UnixClientOptions? options = null) =>
        UnixClient.Connect(path, options ?? UnixClientOptions);

    /// <summary>Lets other users look for files in the directory.</summary>
    protected void OpenFolder()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                Folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
    }

    public void Dispose()
    {
        if (_directory.Exists)
        {
            _directory.Delete(recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    private static uint ReadOwnUserId()
    {
        // proc(5): real, effective, saved and file-system user.
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal));
        return uint.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
    }
}
