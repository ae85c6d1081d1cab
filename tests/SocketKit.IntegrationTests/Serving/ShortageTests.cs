using System.Diagnostics;
using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A server in a process of its own that runs out of descriptors.</summary>
public abstract class ShortageTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Clients = 150;
    private const int FreeDescriptors = 20;

    private static readonly TimeSpan s_shortage = TimeSpan.FromSeconds(2);

    protected abstract string EngineName { get; }

    [LinuxFact("prlimit", "env")]
    public async Task Out_of_descriptors_the_served_go_on_the_waiting_are_turned_away_and_new_ones_are_served_afterwards()
    {
        await using FaultServerProcess server = await FaultServerProcess.StartAsync(EngineName, "env");
        await server.AskAsync("brace");
        await server.AskAsync("cpu");
        using TcpClient early = TcpClient.Connect(server.EndPoint, ClientOptions);
        (await FaultServerProcess.IsServedAsync(early)).Should().BeTrue();
        await LimitDescriptorsAsync(server);
        var clients = new TcpClient?[Clients];
        for (int i = 0; i < Clients; i++)
        {
            clients[i] = server.ConnectOrNull(ClientOptions);
        }

        bool[] served = await Task.WhenAll(clients.Select(FaultServerProcess.IsServedAsync));
        served.Should().Contain(false, "or nothing was short").And.Contain(true);
        (await FaultServerProcess.IsServedAsync(early)).Should().BeTrue();

        double before = await server.AskAsync("cpu");
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_shortage)
        {
            using TcpClient? late = server.ConnectOrNull(ClientOptions);
            (await FaultServerProcess.IsServedAsync(late)).Should().BeFalse("all descriptors are in use");
        }

        double used = await server.AskAsync("cpu") - before;
        used.Should().BeLessThan(Stopwatch.GetElapsedTime(start).TotalMilliseconds * 0.3, "it does not spin");
        (await server.AskAsync("warnings")).Should().BeInRange(1, 10, "it complains, but not for each client");
        (await FaultServerProcess.IsServedAsync(early)).Should().BeTrue();
        Array.ForEach(clients, static client => client?.Dispose());
        (await server.IsServedSoonAsync(ClientOptions)).Should().BeTrue("descriptors are free again");
    }

    [LinuxFact("prlimit")]
    public async Task With_few_descriptors_it_serves_half_as_many_and_says_so_when_it_starts()
    {
        const int Descriptors = 300;
        await using FaultServerProcess server = await FaultServerProcess.StartAsync(
            EngineName, "prlimit", string.Create(CultureInfo.InvariantCulture, $"--nofile={Descriptors}:{Descriptors}"));
        (await server.AskAsync("warnings")).Should().Be(1);
        var clients = new List<TcpClient>();
        for (int i = 0; i < Descriptors / 2; i++)
        {
            clients.Add(TcpClient.Connect(server.EndPoint, ClientOptions));
            (await FaultServerProcess.IsServedAsync(clients[i])).Should().BeTrue($"client {i}");
        }

        using TcpClient? above = server.ConnectOrNull(ClientOptions);
        (await FaultServerProcess.IsServedAsync(above)).Should().BeFalse();

        (await server.AskAsync("warnings")).Should().Be(2, "the second one is about the client above the limit");
        clients[0].Dispose();
        (await server.IsServedSoonAsync(ClientOptions)).Should().BeTrue("there is room again");
        clients.ForEach(static client => client.Dispose());
    }

    private static async Task LimitDescriptorsAsync(FaultServerProcess server)
    {
        int open = Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{server.Id}/fd")).Length;
        string limit = (open + FreeDescriptors).ToString(CultureInfo.InvariantCulture);
        await Tool.RunAsync("prlimit", "--pid", server.Id.ToString(CultureInfo.InvariantCulture), $"--nofile={limit}:{limit}");
    }
}

public sealed class ShortageTests_Portable : ShortageTests<PortableUnderTest>
{
    protected override string EngineName => "portable";
}

public sealed class ShortageTests_Epoll : ShortageTests<EpollUnderTest>
{
    protected override string EngineName => "epoll";
}
