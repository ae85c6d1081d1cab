using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Sockets over descriptors that somebody else owns: who owns a descriptor closes it, and nobody else does.</summary>
public sealed class OwnershipTests
{
    [LinuxFact]
    public async Task A_connection_over_a_handle_that_does_not_own_leaves_the_descriptor_open()
    {
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        using var owner = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owner.Connect(server.LocalEndPoint);
        using TcpConnection peer = server.Accept();
        TcpConnection adopted = TcpConnection.FromSocket(Alias(owner));
        adopted.Send("x"u8);

        adopted.Dispose();

        (await peer.ReceiveAsync(new byte[2]).Within()).Should().Be(1);
        IsOpen(owner).Should().BeTrue();
        owner.Dispose();
        (await peer.ReceiveAsync(new byte[2]).Within()).Should().Be(0);
    }

    [LinuxFact]
    public void A_server_over_a_handle_that_does_not_own_leaves_the_descriptor_open()
    {
        using var owner = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owner.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        owner.Listen();
        using (TcpServer adopted = TcpServer.FromSocket(Alias(owner)))
        {
            using TcpClient client = TcpClient.Connect((IPEndPoint)owner.LocalEndPoint!);
            using TcpConnection accepted = adopted.Accept();
        }

        IsOpen(owner).Should().BeTrue();
    }

    [LinuxFact]
    public void A_datagram_endpoint_over_a_handle_that_does_not_own_leaves_the_descriptor_open()
    {
        using var owner = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        owner.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using (UdpEndpoint adopted = UdpEndpoint.FromSocket(Alias(owner)))
        {
            adopted.SendTo("x"u8, adopted.LocalEndPoint);
            adopted.ReceiveFrom(new byte[1]).Length.Should().Be(1);
        }

        IsOpen(owner).Should().BeTrue();
    }

    [LinuxFact]
    public async Task A_borrowed_unix_socket_is_left_to_its_owner_and_an_owned_one_is_closed()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using UnixServer server = UnixServer.Listen(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        using UnixConnection peer = server.Accept();

        UnixConnection.FromSocket(socket, ownsSocket: false).Dispose();
        socket.Send("mine"u8).Should().Be(4);
        UnixConnection owned = UnixConnection.FromSocket(socket);
        owned.Send("x"u8);
        owned.Dispose();

        socket.SafeHandle.IsClosed.Should().BeTrue();
        await peer.ReceiveExactlyAsync(new byte[5]).Within();
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [LinuxFact]
    public async Task A_duplicate_of_a_datagram_endpoint_goes_on_after_the_dispose()
    {
        using UdpEndpoint peer = UdpEndpoint.Bind("127.0.0.1", 0);
        UdpEndpoint endpoint = UdpEndpoint.Bind("127.0.0.1", 0);
        IPEndPoint local = endpoint.LocalEndPoint;
        using UdpEndpoint again = UdpEndpoint.FromSocket(new Socket(endpoint.DuplicateHandle()));

        endpoint.Dispose();

        again.LocalEndPoint.Should().Be(local);
        peer.SendTo("x"u8, local);
        (await again.ReceiveFromAsync(new byte[1]).Within()).Length.Should().Be(1);
    }

    /// <summary>Another socket object over the same descriptor, whose handle will not close it.</summary>
    private static Socket Alias(Socket owner) => new(new SafeSocketHandle(owner.SafeHandle.DangerousGetHandle(), ownsHandle: false));

    /// <summary>getsockopt(2) fails with EBADF where the descriptor is gone.</summary>
    private static bool IsOpen(Socket socket) =>
        Record.Exception(() => socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Type)) is null;
}
