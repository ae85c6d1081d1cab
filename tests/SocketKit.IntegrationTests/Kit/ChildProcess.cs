using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A program that runs while a test talks to it. Disposing this kills it, and nothing else, if it still runs.</summary>
public sealed partial class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _unread = Channel.CreateUnbounded<string>();
    private readonly List<string> _printed = [];
    private readonly Task _pump;

    private ChildProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _pump = PumpAsync();
    }

    public static ChildProcess Start(string program, params string[] arguments) => StartIn([], program, arguments);

    /// <summary>One of the scripts in Interop/python.</summary>
    public static ChildProcess StartPython(string script, params string[] arguments) =>
        Start(Python.Program, [Path.Combine(AppContext.BaseDirectory, "Interop", "python", script), .. arguments]);

    /// <summary>A built sample, which lies beside this test's own output. It speaks Chinese only, as the tutorial does.</summary>
    public static ChildProcess StartSample(string name, params string[] arguments) => StartSampleWith([], name, arguments);

    /// <summary>A built sample with changes to its environment; null removes a variable.</summary>
    public static ChildProcess StartSampleIn(Dictionary<string, string?> environment, string name, params string[] arguments)
    {
        string[] command = CommandOf(name, arguments);
        return StartIn(environment, command[0], command[1..]);
    }

    /// <summary>A built sample, started by another program such as setpriv.</summary>
    public static ChildProcess StartSampleWith(string[] starter, string name, params string[] arguments)
    {
        string[] command = [.. starter, .. CommandOf(name, arguments)];
        return Start(command[0], command[1..]);
    }

    private static ChildProcess StartIn(
        IEnumerable<KeyValuePair<string, string?>> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        start.Environment["PYTHONUNBUFFERED"] = "1";
        start.Environment["SOCKETKIT_LANG"] = "zh";
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    private static string[] CommandOf(string name, string[] arguments)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string sample = Path.Combine(own.Parent!.Parent!.FullName, name, own.Name, name + ".dll");
        File.Exists(sample).Should().BeTrue("{0} has to be built", sample);
        string host = Environment.ProcessPath is { } running && Path.GetFileNameWithoutExtension(running) == "dotnet" ? running : "dotnet";
        return [host, "exec", sample, .. arguments];
    }

    public int Id => _process.Id;

    /// <summary>Writes a line to its standard input.</summary>
    public Task WriteLine(string line) => _process.StandardInput.WriteLineAsync(line).Within();

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>The next line, of either output, that contains the text; what comes before it is skipped.</summary>
    public async Task<string> LineWith(string text)
    {
        while (await _unread.Reader.WaitToReadAsync().Within())
        {
            while (_unread.Reader.TryRead(out string? line))
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        throw new InvalidOperationException($"It ended without a line with '{text}'. It printed:\n{string.Join('\n', Printed)}");
    }

    /// <summary>Whether it has printed a line that nobody has read.</summary>
    public bool HasUnread => _unread.Reader.TryPeek(out _);

    /// <summary>The number at the end of the next line with the text: how servers say where they listen.</summary>
    public async Task<int> PortAfter(string text)
    {
        string line = await LineWith(text);
        return int.Parse(LastNumber().Match(line).Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Sends SIGTERM by kill(1).</summary>
    public Task Terminate() => Tool.RunAsync("sh", "-c", $"kill -TERM {Id.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Waits for its end, which has to be a good one, and gives all lines that it printed.</summary>
    public async Task<IReadOnlyList<string>> End(int exitCode = 0)
    {
        await _process.WaitForExitAsync().Within();
        await _pump.Within();
        _process.ExitCode.Should().Be(exitCode, "it printed:\n{0}", string.Join('\n', Printed));
        return Printed;
    }

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private string[] Printed
    {
        get
        {
            lock (_printed)
            {
                return [.. _printed];
            }
        }
    }

    private async Task PumpAsync()
    {
        await Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        _unread.Writer.Complete();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_printed)
            {
                _printed.Add(line);
            }

            _unread.Writer.TryWrite(line);
        }
    }

    [GeneratedRegex("[0-9]+$")]
    private static partial Regex LastNumber();
}
