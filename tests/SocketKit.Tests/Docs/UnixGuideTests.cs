using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Runs the code of samples/guide/unix.md.</summary>
public sealed class UnixGuideTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sk");

    public UnixGuideTests() => UnixSnippets.Printed.Clear();

    private string ServerPath => Path.Combine(_directory.FullName, "s");

    public void Dispose() => _directory.Delete(recursive: true);

    [LinuxFact]
    public async Task A_server_greets_its_client_by_user_and_process()
    {
        await UnixSnippets.Greet(ServerPath).Within();

        UnixSnippets.Printed.Should().Equal($"hello, user {OwnUserId()}, process {Environment.ProcessId}");
        File.Exists(ServerPath).Should().BeFalse("the server deletes its file");
    }

    [LinuxFact]
    public async Task A_handler_upgrades_to_TLS_and_the_client_says_whose_certificate_it_expects()
    {
        using var files = new TlsFiles();

        TlsInfo? info = await UnixSnippets.Secure(ServerPath, files.Server, files.Roots, CancellationToken.None).Within();

        info!.HostName.Should().Be("localhost");
    }

    [LinuxFact]
    public void A_server_has_the_mode_of_its_options_and_turns_away_users_who_are_not_listed()
    {
        using (UnixServer own = UnixSnippets.Permit(ServerPath, OwnUserId()))
        {
            ModeOf(ServerPath).Should().Be(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            using UnixClient client = UnixClient.Connect(ServerPath);
            using UnixConnection accepted = own.Accept(Limits.Hang);
            accepted.PeerCredentials.UserId.Should().Be(OwnUserId());
        }

        using UnixServer others = UnixSnippets.Permit(ServerPath, OwnUserId() + 1);
        using UnixClient stranger = UnixClient.Connect(ServerPath);
        others.TryAccept(out _).Should().BeFalse();
        stranger.Receive(new byte[1], Limits.Hang).Should().Be(0, "the server has closed the connection");
    }

    [LinuxFact]
    public void A_process_learns_its_own_user_from_a_pair() => UnixSnippets.OwnUser().Should().Be(OwnUserId());

    [LinuxFact]
    public void An_abstract_name_is_shown_with_an_at_sign_and_has_no_file()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"socketkit-guide-{Environment.ProcessId}");

        UnixSnippets.Abstract(name);

        UnixSnippets.Printed.Should().Equal("@" + name);
    }

    [LinuxFact]
    public async Task An_open_file_is_read_at_the_other_end()
    {
        string file = Path.Combine(_directory.FullName, "file");
        await File.WriteAllTextAsync(file, "colour = blue");
        using UnixServer server = UnixServer.Listen(ServerPath);
        using UnixClient client = UnixClient.Connect(ServerPath);
        using UnixConnection accepted = server.Accept(Limits.Hang);

        await UnixSnippets.PassFile(accepted, client, file).Within();

        UnixSnippets.Printed.Should().Equal("the configuration: colour = blue");
    }

    [LinuxFact]
    public async Task A_connection_is_accepted_by_one_process_and_served_by_another()
    {
        (UnixConnection worker, UnixConnection boss) = UnixConnection.CreatePair();
        using (worker)
        using (boss)
        {
            using TcpServer server = TcpServer.Listen("localhost", 0);
            using TcpClient client = TcpClient.Connect("localhost", server.Port);

            await UnixSnippets.PassConnection(server, worker).Within();
            await UnixSnippets.TakeConnection(boss).Within();

            using var lines = new StreamReader(client.GetStream(leaveOpen: true));
            (await lines.ReadToEndAsync().Within()).Should().Be("served by the worker\n");
        }
    }

    [LinuxFact]
    public async Task A_listener_moves_to_another_process_without_a_gap()
    {
        (UnixConnection successor, UnixConnection predecessor) = UnixConnection.CreatePair();
        using (successor)
        using (predecessor)
        {
            await using var old = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
            IPEndPoint address = old.LocalEndPoint;
            await using TcpServer next = await UnixSnippets.PassListener(old, successor, predecessor).Within();

            using TcpClient client = TcpClient.Connect(address);
            using TcpConnection accepted = next.Accept(Limits.Hang);
            accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }
    }

    [LinuxFact]
    public void A_bound_sender_is_answered()
    {
        UnixSnippets.Datagrams(ServerPath, Path.Combine(_directory.FullName, "sender"));

        UnixSnippets.Printed.Should().Equal("noted");
    }

    [LinuxFact]
    public async Task A_sequenced_packet_connection_keeps_messages_apart_and_has_an_end()
    {
        await UnixSnippets.Sequenced().Within();

        UnixSnippets.Printed.Should().Equal("3 bytes", "0 bytes", "5 bytes");
    }

    [LinuxFact]
    public async Task A_server_accepts_sequenced_packets_and_a_log_outlives_the_restart_of_its_receiver()
    {
        (await UnixSnippets.SequencedServer(Path.Combine(_directory.FullName, "sequenced")).Within()).Should().Be("hello");

        string log = Path.Combine(_directory.FullName, "log");
        UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(log);
        UnixSnippets.Log(log, () =>
        {
            receiver.Dispose();
            receiver = UnixDatagramEndpoint.Bind(log);
        }).Should().Be(5);
        receiver.ReceiveFrom(new byte[16]).Length.Should().Be(5);
        receiver.Dispose();
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    /// <summary>proc(5): real, effective, saved and file-system user.</summary>
    private static uint OwnUserId() => uint.Parse(
        File.ReadLines("/proc/self/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2],
        CultureInfo.InvariantCulture);
}
