using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>
/// Delegates of a Unix server that throw cost their own connection at most: the next client is served, and the server stops.
/// </summary>
[Collection(Serial.Name)]
public abstract class UnixServerFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxTheory]
    [InlineData("handler at once")]
    [InlineData("handler's task")]
    [InlineData("no task")]
    [InlineData("HandlerFailed")]
    [InlineData("IsPeerFault")]
    public Task What_the_application_throws_costs_at_most_its_own_connection(string fault) => NothingLeft.AfterAsync(async () =>
    {
        UnixServerOptions options = UnixServerOptions;
        options.HandlerFailed = fault == "HandlerFailed" ? static (_, _) => throw NothingLeft.Thrown() : static (_, _) => { };
        options.IsPeerFault = fault == "IsPeerFault" ? static _ => throw NothingLeft.Thrown() : null;
        int calls = 0;
        await using UnixServer server = ListenUnix(PathOf(), options);
        Task serving = server.ServeAsync((connection, token) => Interlocked.Increment(ref calls) > 1
            ? connection.SendAsync("fine"u8.ToArray(), token).AsTask()
            : fault switch
            {
                "handler at once" => throw NothingLeft.Thrown(),
                "no task" => null!,
                _ => Task.FromException(NothingLeft.Thrown()),
            });

        using UnixClient unlucky = ConnectUnix(PathOf());
        await Eventually.BeTrueAsync(() => Volatile.Read(ref calls) == 1, "the first handler was called");
        using UnixClient lucky = ConnectUnix(PathOf());
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();

        await server.StopAsync().Within();
        await serving.Within();
    });
}

public sealed class UnixServerFaultTests_Portable : UnixServerFaultTests<PortableUnderTest>;

public sealed class UnixServerFaultTests_Epoll : UnixServerFaultTests<EpollUnderTest>;
