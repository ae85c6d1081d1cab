using Microsoft.Extensions.Logging;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A logger that fails at whatever is logged.</summary>
internal sealed class ThrowingLog : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        throw new InvalidOperationException("The log is full.");

    public void Dispose()
    {
        // It has nothing.
    }
}
