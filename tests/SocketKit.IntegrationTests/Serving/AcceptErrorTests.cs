using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A server in a process of its own, to which accept(2) refuses connections.</summary>
public abstract class AcceptErrorTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected abstract string EngineName { get; }

    /// <summary>
    /// What accept(2) says about the connection that it was to give; ENETDOWN and the others of a network stand for each other.
    /// </summary>
    [LinuxTheory("strace")]
    [InlineData("ECONNABORTED")]
    [InlineData("EPROTO")]
    [InlineData("EPERM")]
    [InlineData("ENETDOWN")]
    [InlineData("EHOSTUNREACH")]
    public async Task Errors_of_accept_do_not_end_the_server(string error)
    {
        await using FaultServerProcess server = await StartAsync(error);

        for (int i = 0; i < 30; i++)
        {
            using TcpClient client = TcpClient.Connect(server.EndPoint, ClientOptions);
            (await FaultServerProcess.IsServedAsync(client)).Should().BeTrue($"client {i}");
        }

        (await server.AskAsync("warnings")).Should().Be(0, "it is the peer's doing");
    }

    /// <summary>The connection stays queued and is turned away, so its client comes again; EMFILE has a test of its own.</summary>
    [LinuxTheory("strace")]
    [InlineData("ENFILE")]
    [InlineData("ENOBUFS")]
    [InlineData("ENOMEM")]
    public async Task A_shortage_of_the_whole_system_is_waited_out_and_every_client_is_served_in_the_end(string error)
    {
        await using FaultServerProcess server = await StartAsync(error);

        for (int i = 0; i < 30; i++)
        {
            (await server.IsServedSoonAsync(ClientOptions)).Should().BeTrue($"client {i}");
        }

        (await server.AskAsync("warnings")).Should().BeInRange(IsKnownAsShortage(error) ? 1 : 0, 10, "it complains, but not each time");
    }

    /// <summary>.NET has no name for ENOMEM, so the portable engine retries as after any unknown error.</summary>
    private bool IsKnownAsShortage(string error) => error != "ENOMEM" || EngineName != "portable";

    private Task<FaultServerProcess> StartAsync(string error) => FaultServerProcess.StartAsync(
        EngineName, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=accept4", "-e", $"inject=accept4:error={error}:when=3+5");
}

public sealed class AcceptErrorTests_Portable : AcceptErrorTests<PortableUnderTest>
{
    protected override string EngineName => "portable";
}

public sealed class AcceptErrorTests_Epoll : AcceptErrorTests<EpollUnderTest>
{
    protected override string EngineName => "epoll";
}
