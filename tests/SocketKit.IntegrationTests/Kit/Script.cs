using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// A program that runs beside the test and talks with it through its standard streams; ended with the test at the latest.
/// </summary>
public sealed class Script : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private Script(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static Script Start(string program, params string[] arguments) => new(Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!);

    /// <summary>Python 3 code; its output is not buffered.</summary>
    public static Script Python(string code, params string[] arguments) => Start(Kit.Python.Program, ["-u", "-c", code, .. arguments]);

    /// <summary>Python 3 code as another user.</summary>
    public static Script PythonAs(uint user, string code, params string[] arguments) =>
        Start("setpriv", [$"--reuid={user}", $"--regid={user}", "--clear-groups", SystemPython, "-u", "-c", code, .. arguments]);

    /// <summary>A python3 that other users may run, too; one in somebody's home is out of their reach.</summary>
    public static string SystemPython => File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    public StreamWriter Input => _process.StandardInput;

    public int Id => _process.Id;

    /// <summary>The next line that it prints.</summary>
    public async Task<string> LineAsync() =>
        await _process.StandardOutput.ReadLineAsync().Within() ?? throw new InvalidOperationException(
            $"It ended. {await _errors.Within()}");

    /// <summary>What it still prints until it ends, which it has to do with exit code 0.</summary>
    public async Task<string> EndAsync()
    {
        string rest = await _process.StandardOutput.ReadToEndAsync().Within();
        await _process.WaitForExitAsync().Within();
        _process.ExitCode.Should().Be(0, "it printed: {0}", await _errors.Within());
        return rest;
    }

    /// <summary>What it says when it ends, which it has to do with an error.</summary>
    public async Task<string> DeathAsync()
    {
        await _process.WaitForExitAsync().Within();
        _process.ExitCode.Should().NotBe(0);
        return await _errors.Within();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
