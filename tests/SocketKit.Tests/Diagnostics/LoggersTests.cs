using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Diagnostics;

namespace SocketKit.Tests.Diagnostics;

public sealed class LoggersTests
{
    [Fact]
    public void A_factory_that_throws_means_no_log_lines_and_nothing_else()
    {
        using var factory = new CountingFactory(static () => throw new ObjectDisposedException("LoggerFactory"));

        Create(factory, "a").Should().BeOfType<NullLogger>();
    }

    [Fact]
    public void A_factory_that_gives_nothing_means_no_log_lines_and_nothing_else()
    {
        using var factory = new CountingFactory(static () => null!);

        Create(factory, "a").Should().BeOfType<NullLogger>();
    }

    [Fact]
    public void A_factory_that_failed_is_asked_again()
    {
        bool isWell = false;
        using var factory = new CountingFactory(() => isWell ? new ThrowingLogger() : throw new InvalidOperationException());
        Create(factory, "a");
        isWell = true;

        Create(factory, "a").Should().BeOfType<GuardedLogger>();
    }

    [Fact]
    public void A_factory_makes_one_logger_per_category()
    {
        using var factory = new CountingFactory(static () => new ThrowingLogger());

        ILogger first = Create(factory, "a");
        Create(factory, "a").Should().BeSameAs(first);
        Create(factory, "b").Should().NotBeSameAs(first);

        factory.Asked.Should().Equal("a", "b");
    }

    [Fact]
    public void A_logger_that_throws_loses_its_lines_and_nothing_else()
    {
        using var factory = new CountingFactory(static () => new ThrowingLogger());
        ILogger logger = Create(factory, "a");

        logger.IsEnabled(LogLevel.Error).Should().BeFalse();
        logger.BeginScope("scope").Should().BeNull();
        logger.Invoking(static logger => logger.Log(LogLevel.Error, default, "state", null, static (_, _) => "text")).Should().NotThrow();
    }

    private static ILogger Create(ILoggerFactory factory, string category) =>
        Loggers.Create(factory, category, unavailableEngine: null, isFallback: false, SocketEngine.Portable);

    private sealed class CountingFactory(Func<ILogger> make) : ILoggerFactory
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public ILogger CreateLogger(string categoryName)
        {
            Asked.Enqueue(categoryName);
            return make();
        }

        public void AddProvider(ILoggerProvider provider)
        {
            // It makes its loggers itself.
        }

        public void Dispose()
        {
            // It has nothing.
        }
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException();

        public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException();

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException();
    }
}
