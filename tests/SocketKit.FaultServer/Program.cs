using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using SocketKit;

// A child process for tests of what a process can suffer. It prints "port N", then obeys one-word commands on standard input:
//   cpu        the processor milliseconds used so far
//   warnings   how many lines were logged at Warning or above
//   brace      loads every assembly and starts every thread now, because later there may be no descriptor for that; gives their number
//   end        stop serving and exit
// BUSY_POLL in its environment, in microseconds, makes an epoll engine to order.
var log = new CountingLog();
await using var server = TcpServer.Listen("127.0.0.1", 0, new TcpServerOptions { LoggerFactory = log, Engine = EngineToOrder() });
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
        "brace" => Brace().ToString(CultureInfo.InvariantCulture),
        _ => "unknown",
    });
}

await server.StopAsync(TimeSpan.Zero);
await serving;
Console.WriteLine("ended");

static SocketEngine? EngineToOrder()
{
    string? microseconds = Environment.GetEnvironmentVariable("BUSY_POLL");
    return microseconds is null || !OperatingSystem.IsLinux() ? null : SocketEngine.CreateEpoll(new EpollEngineOptions
    {
        BusyPoll = microseconds == "0"
            ? BusyPoll.Off
            : BusyPoll.Fixed(TimeSpan.FromMicroseconds(int.Parse(microseconds, CultureInfo.InvariantCulture))),
    });
}

static int Brace()
{
    string[] paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
    int assemblies = paths.Select(static path => Assembly.Load(AssemblyName.GetAssemblyName(path))).Distinct().Count();

    // The runtime opens a pipe for each thread that it starts and ends the process where it can't, so the pool gets no more than these.
    const int Threads = 8;
    ThreadPool.SetMinThreads(Threads, Threads);
    ThreadPool.SetMaxThreads(Threads, Threads);
    using var all = new Barrier(Threads + 1);
    for (int i = 0; i < Threads; i++)
    {
        ThreadPool.UnsafeQueueUserWorkItem(static barrier => barrier.SignalAndWait(), all, preferLocal: false);
    }

    all.SignalAndWait();

    // The thread that watches over the pool ends after a second without work, and would be started again.
    _ = BusyAsync();
    return assemblies + Threads;

    static async Task BusyAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await timer.WaitForNextTickAsync())
        {
        }
    }
}

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

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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
