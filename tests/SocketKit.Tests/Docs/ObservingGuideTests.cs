using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/observing.md, run. Other tests of the process are measured, too.</summary>
public sealed partial class ObservingGuideTests
{
    [Fact]
    public async Task A_handler_adds_to_the_span_of_its_connection()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "SocketKit",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using TcpServer server = TcpServer.Listen("localhost", 0);
        Task serving = ObservingSnippets.Answer(server, static (connection, request) => connection.SendAsync(request).AsTask());
        using TcpClient client = TcpClient.Connect("localhost", server.Port);

        client.Send("abc"u8);

        byte[] answer = new byte[3];
        await client.ReceiveExactlyAsync(answer).Within();
        await server.StopAsync().Within();
        await serving.Within();
        Activity span = ended.Single(activity =>
            activity.OperationName == "connection" && Equals(activity.GetTagItem("network.peer.port"), client.LocalEndPoint.Port));
        span.GetTagItem("request.size").Should().Be(3);
    }

    [Fact]
    public async Task A_listener_is_told_of_connections_and_asks_for_bytes()
    {
        var seen = new ConcurrentQueue<(string Name, double Value)>();
        await ObservingSnippets.Listen((name, value) => seen.Enqueue((name, value)), async look =>
        {
            using TcpServer server = TcpServer.Listen("localhost", 0);
            Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("x"u8.ToArray(), token).AsTask());
            using (TcpClient client = TcpClient.Connect("localhost", server.Port))
            {
                (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
            }

            await server.StopAsync().Within();
            await serving.Within();
            look();
        });

        seen.Should().Contain(("socketkit.server.active_connections", 1)).And.Contain(("socketkit.server.active_connections", -1));
        seen.Select(static measured => measured.Name).Should().Contain(
            ["socketkit.server.connection.duration", "socketkit.client.connect.duration", "socketkit.client.active_connections"]);
        seen.Where(static measured => measured.Name == "socketkit.io").Should().HaveCount(4).And.Contain(static io => io.Value > 0);
    }

    /// <summary>The tables are what a dashboard is made of.</summary>
    [SourceFact]
    public void The_page_names_every_instrument_and_every_attribute_of_metrics_in_both_languages()
    {
        string[] names =
        [
            .. typeof(AttributeNames).GetFields().Select(static field => (string)field.GetRawConstantValue()!)
                .Where(static name => !name.StartsWith("network.local.", StringComparison.Ordinal)),
            .. InstrumentNames(),
        ];
        foreach (string page in new[] { "observing.md", "observing.zh-CN.md" })
        {
            string text = File.ReadAllText(Path.Combine(Repository.Root!, "samples/guide", page));

            names.Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal)).Should().BeEmpty(page);
        }
    }

    private static IEnumerable<string> InstrumentNames()
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root!, "src/SocketKit/Telemetry/Instruments.cs"));
        return InstrumentName().Matches(source).Select(static match => match.Groups[1].Value);
    }

    [GeneratedRegex("\"(socketkit\\.[a-z_.]+)\"")]
    private static partial Regex InstrumentName();
}
