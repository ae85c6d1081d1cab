using Microsoft.Extensions.Logging;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A factory that was disposed, as at the shutdown of a host.</summary>
internal sealed class ThrowingFactory : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => throw new ObjectDisposedException("LoggerFactory");

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // It has nothing.
    }
}
