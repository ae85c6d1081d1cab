using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// A thread in a network namespace of its own. A socket stays in the namespace of the thread that made it, so a test makes its endpoints on
/// this thread and then uses them anywhere. The namespace ends with this thread, its sockets and the programs that were started here.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    /// <summary>CLONE_NEWNET of linux/sched.h.</summary>
    private const int NewNetwork = 0x40000000;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <param name="setup">What the shell does first in the namespace, whose loopback interface is up.</param>
    public NetworkNamespace(string setup = ":")
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "network namespace" };
        _thread.Start();
        File = Run(static () => Unshare(NewNetwork) == 0
            ? $"/proc/{new FileInfo("/proc/thread-self").LinkTarget}/ns/net"
            : throw new InvalidOperationException($"unshare(2) failed with error {Marshal.GetLastPInvokeError()}."));
        Shell($"ip link set lo up; {setup}");
    }

    /// <summary>The name by which ip(8) knows the namespace, as in <c>ip link set NAME netns FILE</c>.</summary>
    public string File { get; }

    /// <summary>Runs a call on the thread of the namespace, and waits for it.</summary>
    public T Run<T>(Func<T> call)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                ended.SetResult(call());
            }
            catch (Exception exception)
            {
                // It belongs to the caller, who waits for it.
                ended.SetException(exception);
            }
        });
        return ended.Task.Within().GetAwaiter().GetResult();
    }

    /// <summary>
    /// What a script prints that runs here; one that fails fails the test. A child process starts in the namespace of its parent thread.
    /// </summary>
    public string Shell(string script) => Run(() =>
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-ec", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        shell.ExitCode.Should().Be(0, "'{0}' printed: {1}", script, errors.Within().GetAwaiter().GetResult());
        return output;
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join(Limits.Hang).Should().BeTrue();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}
