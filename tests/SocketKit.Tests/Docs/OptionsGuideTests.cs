using System.Reflection;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>What samples/guide/options.md says is so.</summary>
public sealed class OptionsGuideTests
{
    [Fact]
    public async Task Options_of_the_catalogue_and_raw_ones_are_set_and_read()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using TcpServer server = TcpServer.Listen("localhost", 0);
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port, OptionsSnippets.Alive());
        await using TcpConnection accepted = await server.AcceptAsync(Limits.Hang);

        OptionsSnippets.Catalogue(accepted).Should().Match<(bool QuickAck, int SendBuffer)>(set => set.QuickAck && set.SendBuffer > 0);
        OptionsSnippets.Before().Should().BeTrue();
        OptionsSnippets.Raw(accepted).Should().Be(1_000_000);
        OptionsSnippets.Look(accepted).Should().StartWith("Established, round trip ").And.EndWith(" ms, 0 segments sent again");
        client.KeepAlive!.Value.Probes.Should().Be(4);
        client.UserTimeout.Should().Be(TimeSpan.FromSeconds(40));
    }

    [SourceFact]
    public void The_page_has_a_row_for_every_option_of_the_catalogue_with_its_name_in_the_headers()
    {
        string[] pages = ["options.md", "options.zh-CN.md"];
        foreach (string page in pages)
        {
            string[] rows = File.ReadAllLines(Path.Combine(Repository.Root!, "samples/guide", page));
            foreach (PropertyInfo option in typeof(SocketOption).GetProperties(BindingFlags.Public | BindingFlags.Static))
            {
                string row = rows.Should().ContainSingle(line => line.StartsWith($"| `{option.Name}` |", StringComparison.Ordinal)).Subject;
                row.Should().Contain(option.GetValue(null)!.ToString());
            }
        }
    }
}
