using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace SocketKit.Compare;

/// <summary>A process of this program. It is ended when it is disposed, with all that it has started.</summary>
internal sealed class Child : IAsyncDisposable
{
    /// <summary>Lines that wait to be read. Of a program that prints more than anybody reads, the oldest are dropped.</summary>
    private const int MostLines = 1000;

    /// <summary>Characters of the error output that are kept.</summary>
    private const int MostErrors = 1000;

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostLines) { FullMode = BoundedChannelFullMode.DropOldest });

    private Child(Process process)
    {
        _process = process;
        Id = process.Id;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => TakeError(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>What it prints, line by line; completed when it has closed its output.</summary>
    public ChannelReader<string> Lines => _lines.Reader;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    /// <exception cref="RunFailedException">The program cannot be started.</exception>
    public static Child Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new Child(Process.Start(start)!);
        }
        catch (Win32Exception problem)
        {
            throw new RunFailedException($"cannot start {command[0]}: {problem.Message}");
        }
    }

    public async Task WriteLineAsync(string line)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has just ended; its status says why.
        }
    }

    /// <returns>The status of the process.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _lines.Writer.TryComplete();
        }
        else
        {
            _lines.Writer.TryWrite(line);
        }
    }

    private void TakeError(string? line)
    {
        lock (_errors)
        {
            if (line is not null && _errors.Length < MostErrors)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
