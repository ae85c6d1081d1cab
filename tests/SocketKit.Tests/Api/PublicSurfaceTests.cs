using SocketKit.Engine;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Api;

/// <summary>
/// The public surface changes on purpose only: the built assembly against PublicApi.approved.txt. With SOCKETKIT_APPROVE=1 in the
/// environment the test rewrites that file instead; the change is then reviewed with the commit.
/// </summary>
public sealed class PublicSurfaceTests
{
    private const string Approve = "SOCKETKIT_APPROVE";
    private const string ListingPath = "tests/SocketKit.Tests/PublicApi.approved.txt";

    [SourceFact]
    public void The_public_surface_is_the_approved_one()
    {
        string approvedPath = Path.Combine(Repository.Root!, ListingPath);
        string received = SurfacePrinter.Print(typeof(SocketBase).Assembly);
        if (Environment.GetEnvironmentVariable(Approve) == "1")
        {
            File.WriteAllText(approvedPath, received);
        }

        string approved = File.ReadAllText(approvedPath).ReplaceLineEndings("\n");
        if (received != approved)
        {
            string receivedPath = Path.Combine(AppContext.BaseDirectory, "PublicApi.received.txt");
            File.WriteAllText(receivedPath, received);
            Assert.Fail($"""
                The public surface is not the approved one.
                {Changes(approved, received)}
                All of it: {receivedPath}
                If the change is meant: {Approve}=1 dotnet test tests/SocketKit.Tests --filter {nameof(PublicSurfaceTests)}
                """);
        }
    }

    [Fact]
    public void The_listing_shows_signatures_defaults_and_what_may_be_null()
    {
        string listing = SurfacePrinter.Print(typeof(SocketBase).Assembly);

        listing.Should().Contain("abstract class SocketKit.SocketBase : IAsyncDisposable, IDisposable\n");
        listing.Should().Contain("    static TcpServer Listen(string host, int port, TcpServerOptions? options = null)\n");
        listing.Should().Contain("    abstract EndPoint? LocalEndPoint { get; }\n");
        listing.Should().Contain("    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)\n");
        listing.Should().NotContain("StreamChannel", "internals do not show");
    }

    /// <summary>The lines that came and went, each under the type that it belongs to.</summary>
    private static string Changes(string approved, string received)
    {
        HashSet<string> before = [.. Lines(approved)];
        HashSet<string> after = [.. Lines(received)];
        IEnumerable<string> gone = before.Except(after).Select(static line => $"- {line}");
        IEnumerable<string> came = after.Except(before).Select(static line => $"+ {line}");
        return string.Join('\n', gone.Concat(came));
    }

    private static IEnumerable<string> Lines(string listing)
    {
        string type = string.Empty;
        foreach (string line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(' '))
            {
                type = line.Split(" : ")[0];
                yield return line;
            }
            else
            {
                yield return $"{type}: {line.Trim()}";
            }
        }
    }
}
