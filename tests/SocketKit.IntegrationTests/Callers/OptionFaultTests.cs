using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>Delegates and loggers in options may throw, in every factory call that takes the options.</summary>
[Collection(Serial.Name)]
public abstract class OptionFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task What_Configure_throws_comes_out_of_every_factory_call_as_it_is(bool isSocketException) => NothingLeft.AfterAsync(async () =>
    {
        using var factories = new FactoryCalls(Engine, Folder);
        foreach ((string name, Func<Action<SocketOptions>, Task<IDisposable>> call) in factories.All)
        {
            Exception thrown = isSocketException ? new SocketException((int)SocketError.AddressNotAvailable) : NothingLeft.Thrown();
            int sockets = 0;
            Exception? failure = await NothingLeft.FailureOf(() => call(options => options.Configure = _ =>
            {
                sockets++;
                throw thrown;
            }));

            failure.Should().BeSameAs(thrown, name);
            sockets.Should().Be(1, name);
            File.Exists(factories.NewPath).Should().BeFalse(name);
            (await call(static _ => { }).Within()).Dispose();
        }
    });

    [Theory]
    [InlineData("CreateLogger")]
    [InlineData("IsEnabled")]
    [InlineData("Log")]
    public Task What_a_logger_throws_costs_its_lines_only(string member) => NothingLeft.AfterAsync(async () =>
    {
        using var factories = new FactoryCalls(Engine, Folder);
        foreach ((string _, Func<Action<SocketOptions>, Task<IDisposable>> call) in factories.All)
        {
            using var log = new FaultyLog(member);
            using IDisposable made = await call(options => options.LoggerFactory = log).Within();
            log.Calls.Should().BePositive();
        }

        // Connects that fail are logged, too: their own error comes out.
        using var another = new FaultyLog(member);
        TcpClientOptions refused = ClientOptions;
        refused.LoggerFactory = another;
        var nobody = new IPEndPoint(IPAddress.Loopback, FreePort());
        (await NothingLeft.FailureOf(() => SocketKit.TcpClient.ConnectAsync(nobody, refused))).Should().BeOfType<SocketConnectException>();
        SocketKit.TcpClient.TryConnect(nobody, refused).SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task What_AddressFilter_throws_comes_out_of_the_connect(bool asynchronous) => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        Exception thrown = new SocketException((int)SocketError.HostNotFound);
        options.AddressFilter = _ => throw thrown;

        Exception? failure = await NothingLeft.FailureOf(() => asynchronous
            ? SocketKit.TcpClient.ConnectAsync("localhost", server.Port, options)
            : Task.FromResult(SocketKit.TcpClient.Connect("localhost", server.Port, options)));

        failure.Should().BeSameAs(thrown);
        server.TryAccept(out _).Should().BeFalse();
    });

    private static int FreePort()
    {
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        return server.Port;
    }

    private sealed class FaultyLog(string member) : ILoggerFactory, ILogger
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public ILogger CreateLogger(string categoryName) => Faulty("CreateLogger", (ILogger)this);

        public bool IsEnabled(LogLevel logLevel) => Faulty("IsEnabled", true);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Faulty("Log", formatter(state, exception));

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // It has nothing.
        }

        private T Faulty<T>(string name, T result)
        {
            Interlocked.Increment(ref _calls);
            return name == member ? throw NothingLeft.Thrown() : result;
        }
    }
}

public sealed class OptionFaultTests_Portable : OptionFaultTests<PortableUnderTest>;

public sealed class OptionFaultTests_Epoll : OptionFaultTests<EpollUnderTest>;
