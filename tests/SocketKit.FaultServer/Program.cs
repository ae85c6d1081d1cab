using System.Globalization;
using Microsoft.Extensions.Logging;
using SocketKit;

// A child process for tests of what a process can suffer. It prints "port N", then obeys one-word commands on standard input:
//   cpu        the processor milliseconds used so far
//   warnings   how many lines were logged at Warning or above
//   end        stop serving and exit
var log = new CountingLog();
await using var server = TcpServer.Listen("127.0.0.1", 0, new TcpServerOptions { LoggerFactory = log });
Console.WriteLine($"port {server.Port}");
Task serving = server.ServeAsync(static async (connection, cancellationToken) =>
{
    byte[] buffer = new byte[1024];
    int received;
    while ((received = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
    {
        await connection.SendAsync(buffer.AsMemory(0, received), cancellationToken);
    }
});

while (Console.ReadLine() is { } command && command != "end")
{
    Console.WriteLine(command switch
    {
        "cpu" => Environment.CpuUsage.TotalTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        "warnings" => log.Warnings.ToString(CultureInfo.InvariantCulture),
        _ => "unknown",
    });
}

await server.StopAsync(TimeSpan.Zero);
await serving;
Console.WriteLine("ended");

/// <summary>Counts what an operator would be told.</summary>
internal sealed class CountingLog : ILoggerFactory, ILogger
{
    private int _warnings;

    public int Warnings => Volatile.Read(ref _warnings);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Interlocked.Increment(ref _warnings);
        }
    }

    public void Dispose()
    {
    }
}
