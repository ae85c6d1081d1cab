using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>A program started while sockets are open does not get them, and so keeps none of them alive.</summary>
public abstract class InheritanceTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact("sleep")]
    public async Task A_child_process_inherits_no_socket_and_the_port_is_free_after_the_stop()
    {
        TcpServerOptions exclusive = ServerOptions;
        exclusive.ReuseAddress = false;
        TcpServer server = Listen(exclusive);
        IPEndPoint local = server.LocalEndPoint;
        using UdpEndpoint datagrams = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
        using UnixServer unixServer = ListenUnix(PathOf());
        using UnixClient unixClient = ConnectUnix(PathOf());
        (UnixConnection one, UnixConnection other) = UnixConnection.CreatePair();
        using UnixConnection first = one;
        using UnixConnection second = other;
        using SafeSocketHandle duplicate = datagrams.DuplicateHandle();

        // Only root may open it.
        using RawEndpoint? raw = Environment.IsPrivilegedProcess ? RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp) : null;
        string[] ours =
        [
            .. new SocketBase?[] { server, datagrams, unixServer, unixClient, first, second, raw }.OfType<SocketBase>()
                .Select(static socket => SocketOf(socket.Socket.SafeHandle)!),
            SocketOf(duplicate)!,
        ];
        using Process child = Process.Start("sleep", "60");
        try
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{child.Id}/fd");
            await Eventually.BeTrueAsync(() => Link(string.Create(CultureInfo.InvariantCulture, $"/proc/{child.Id}/exe"))?.EndsWith(
                "sleep", StringComparison.Ordinal) == true, "the child runs");
            IEnumerable<string?> inherited = Directory.GetFileSystemEntries(folder).Select(Link);

            inherited.Should().NotIntersectWith(ours);
            server.Dispose();
            using TcpServer again = TcpServer.Listen(local, exclusive);
            again.LocalEndPoint.Should().Be(local);
        }
        finally
        {
            child.Kill();
        }
    }

    [LinuxFact("sleep")]
    public async Task A_connection_ends_for_its_peer_although_a_child_process_goes_on()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        using Process child = Process.Start("sleep", "60");
        try
        {
            accepted.Dispose();

            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
            child.HasExited.Should().BeFalse();
        }
        finally
        {
            child.Kill();
        }
    }

    /// <summary>What the descriptor is, as Linux names it: socket:[inode].</summary>
    private static string? SocketOf(SafeSocketHandle handle) =>
        Link(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}"));

    private static string? Link(string path) => new FileInfo(path).LinkTarget;
}

public sealed class InheritanceTests_Portable : InheritanceTests<PortableUnderTest>;

public sealed class InheritanceTests_Epoll : InheritanceTests<EpollUnderTest>;
