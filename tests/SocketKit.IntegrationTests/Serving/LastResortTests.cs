using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A handler's failure of which nobody has asked to be told. Standard error is the process's.</summary>
[Collection(Serial.Name)]
public abstract class LastResortTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task The_first_failure_goes_to_standard_error_and_the_others_do_not()
    {
        string written = await FailAsync(ServerOptions, 3);

        written.Split("by a handler").Should().HaveCount(2, "it is told once");
        written.Should().Contain("HandlerFailed").And.Contain("LoggerFactory").And.Contain(nameof(InvalidOperationException));
    }

    [Theory]
    [InlineData("a logger")]
    [InlineData("a delegate")]
    [InlineData("the peer's fault")]
    public async Task Nothing_is_written_where_somebody_is_told(string who)
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = who == "a logger" ? new LogRecorder() : null;
        options.HandlerFailed = who == "a delegate" ? static (_, _) => { } : null;
        options.IsPeerFault = who == "the peer's fault" ? static _ => true : null;

        (await FailAsync(options, 2)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_logger_factory_that_throws_is_as_none()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = new ThrowingFactory();

        (await FailAsync(options, 1)).Should().Contain("by a handler");
    }

    [Fact]
    public async Task A_logger_factory_without_providers_is_the_applications_choice()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = NullLoggerFactory.Instance;

        (await FailAsync(options, 1)).Should().BeEmpty();
    }

    /// <summary>What so many failing handlers write to standard error.</summary>
    private async Task<string> FailAsync(TcpServerOptions options, int times)
    {
        TextWriter before = Console.Error;
        await using var written = new StringWriter();
        Console.SetError(TextWriter.Synchronized(written));
        SetWritten(0);
        try
        {
            await using TcpServer server = Listen(options);
            int failed = 0;
            Task serving = server.ServeAsync((_, _) =>
            {
                Interlocked.Increment(ref failed);
                throw new InvalidOperationException("by a handler");
            });
            for (int i = 1; i <= times; i++)
            {
                TcpClient? client = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
                await Eventually.BeTrueAsync(() => failed == i, "the handler ran");
                client?.Dispose();
            }

            await server.StopAsync().Within();
            await serving.Within();
        }
        finally
        {
            Console.SetError(before);
            SetWritten(1);
        }

        return written.ToString();
    }

    /// <summary>Whether the process is taken to have written already.</summary>
    private static void SetWritten(int value) =>
        typeof(LastResort).GetField("s_written", BindingFlags.Static | BindingFlags.NonPublic)!.SetValue(null, value);
}

public sealed class LastResortTests_Portable : LastResortTests<PortableUnderTest>;

public sealed class LastResortTests_Epoll : LastResortTests<EpollUnderTest>;
