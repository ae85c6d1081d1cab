using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Id, string Text, Exception? Exception)> _lines = new();

    public IReadOnlyCollection<(LogLevel Level, EventId Id, string Text, Exception? Exception)> Lines => _lines;

    /// <summary>What an operator would see by default and has to care about.</summary>
    public IEnumerable<(LogLevel Level, EventId Id, string Text, Exception? Exception)> Complaints =>
        _lines.Where(static line => line.Level >= LogLevel.Warning);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, eventId, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
