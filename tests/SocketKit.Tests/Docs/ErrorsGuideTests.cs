using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>Runs the code of samples/guide/errors.md, and compares its tables with what the library says.</summary>
public sealed class ErrorsGuideTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sk");

    public ErrorsGuideTests() => ErrorsSnippets.Printed.Clear();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_caller_tells_a_time_out_a_lost_peer_an_early_end_and_its_own_fault_apart()
    {
        using TcpServer server = TcpServer.Listen("localhost", 0);

        Ask(server, static (_, client) => client.ReceiveTimeout = TimeSpan.FromMilliseconds(1));
        Ask(server, static (accepted, _) => accepted.Abort());
        Ask(server, static (accepted, _) =>
        {
            accepted.Send("abc"u8);
            accepted.ShutdownSend();
        });
        Ask(server, static (_, client) => client.ShutdownSend());

        string[] printed = [.. ErrorsSnippets.Printed];
        printed.Should().HaveCount(4);
        printed[0].Should().Be("no answer within 00:00:00.0010000, 0 bytes transferred");
        printed[1].Should().EndWith($": 127.0.0.1:{server.Port} has gone (PeerReset)");
        printed[2].Should().EndWith("the peer finished after 3 bytes, before the buffer was full.");
        printed[3].Should().EndWith("failed: this side has shut down sending (Shutdown).");
    }

    [Fact]
    public async Task A_failed_connect_lists_its_attempts()
    {
        // A socket that is bound and does not listen keeps the port.
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;

        await ErrorsSnippets.Attempts(port).Within();

        ErrorsSnippets.Printed.Should().Contain(line => line.StartsWith($"127.0.0.1:{port}: ConnectionRefused after 00:00:"));
    }

    [Fact]
    public void The_exceptions_of_the_library_are_caught_by_the_names_of_NET()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Action connect = () => TcpClient.Connect((IPEndPoint)holder.LocalEndPoint!);

        ErrorsSnippets.IsRefused(connect.Should().Throw<SocketException>().Which).Should().BeTrue();
    }

    [Fact]
    public async Task A_watched_connection_tells_why_it_ended()
    {
        (TcpConnection one, TcpConnection other) = TcpConnection.CreatePair();
        using (one)
        {
            ErrorsSnippets.Watch(one);
            other.Abort();
            await Eventually.BeTrueAsync(() => !ErrorsSnippets.Printed.IsEmpty, "Closed fires");

            ErrorsSnippets.Printed.Should().Equal($"{one.Id}: PeerReset");
        }
    }

    [Fact]
    public async Task A_handlers_failure_is_told_and_a_peers_fault_is_a_debug_line()
    {
        using var log = new LogRecorder();

        await ErrorsSnippets.Logging(0, log, async server =>
        {
            Queue<Exception> failures = new([new InvalidDataException("rubbish"), new InvalidOperationException("a bug")]);
            Task serving = server.ServeAsync(async (connection, token) =>
            {
                await connection.ReceiveAsync(new byte[1], token);
                throw failures.Dequeue();
            });
            for (int i = 0; i < 2; i++)
            {
                using TcpClient client = TcpClient.Connect("localhost", server.Port);
                client.Send("x");
                (await Record.ExceptionAsync(() => client.ReceiveAsync(new byte[1]).Within()))!.IsDisconnect().Should().BeTrue();
            }

            await Eventually.BeTrueAsync(() => !ErrorsSnippets.Printed.IsEmpty, "HandlerFailed is called");
            await server.StopAsync(TimeSpan.Zero).Within();
            await serving.Within();
        }).Within();

        ErrorsSnippets.Printed.Should().ContainSingle().Which.Should().EndWith(": a bug");
        log.Lines.Should().Contain(static line => line.Id.Id == EventIds.HandlerDisconnected && line.Level == LogLevel.Debug)
            .And.ContainSingle(static line => line.Level == LogLevel.Error).Which.Id.Id.Should().Be(EventIds.HandlerFailed);
    }

    /// <summary>What cannot be provoked here, such as a machine without IPv6, is looked for in the sources.</summary>
    [LinuxFact]
    public void Every_text_in_the_tables_is_one_that_the_library_says()
    {
        List<string> messages = ErrorMessages.All(_directory.FullName);
        messages.Should().NotContain("nothing was thrown");
        messages.AddRange(Repository.SourcesIn("src/SocketKit").SelectMany(static file => file.Lines));

        foreach (string page in new[] { "errors.md", "errors.zh-CN.md" })
        {
            string[] texts = [.. TextsOf(page)];
            texts.Should().HaveCountGreaterThan(50);
            texts.Where(text => !messages.Exists(message => text.Split('…').All(part => message.Contains(part, StringComparison.Ordinal))))
                .Should().BeEmpty("{0} explains them", page);
        }
    }

    [SourceFact]
    public void Every_log_event_is_in_the_table_with_its_number()
    {
        foreach (string page in new[] { "errors.md", "errors.zh-CN.md" })
        {
            string[] rows = [.. Lines(page).Where(static line => line.StartsWith("| ", StringComparison.Ordinal))];
            foreach (FieldInfo field in typeof(EventIds).GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                rows.Should().Contain(row => row.Contains($"`{field.Name}`") && row.Contains($"{field.GetRawConstantValue()}"));
            }
        }
    }

    private static void Ask(TcpServer server, Action<TcpConnection, TcpClient> before)
    {
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        using TcpConnection accepted = server.Accept(Limits.Hang);
        before(accepted, client);
        ErrorsSnippets.Ladder(client, "question"u8.ToArray(), new byte[8]);
    }

    /// <summary>The first cell of each row in the tables of messages, where it is code.</summary>
    private static IEnumerable<string> TextsOf(string page)
    {
        bool isInTable = false;
        foreach (string line in Lines(page))
        {
            isInTable = line.StartsWith("| the message says |", StringComparison.Ordinal)
                || line.StartsWith("| 信息里写着 |", StringComparison.Ordinal)
                || (isInTable && line.StartsWith('|'));
            if (isInTable && line.StartsWith("| `", StringComparison.Ordinal))
            {
                yield return line.Split('`')[1];
            }
        }
    }

    private static string[] Lines(string page) => File.ReadAllLines(Path.Combine(Repository.Root!, "samples/guide", page));
}
