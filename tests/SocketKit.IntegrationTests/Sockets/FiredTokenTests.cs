using System.Buffers;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tls;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>
/// Every public async method, found by reflection, with a token that fired before the call: it is cancelled with that token, and nothing
/// is received, sent, accepted or connected.
/// </summary>
public abstract class FiredTokenTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly CancellationToken s_fired = new(canceled: true);
    private static readonly DatagramBatch s_batch = OneDatagram();

    private UdpEndpointOptions UdpOptions => new() { Engine = Engine };

    [Fact]
    public async Task A_tcp_connection_does_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair();
        await EveryCallIsCancelled(pair.Accepted, () => pair.Client.Send("x"u8));

        pair.Accepted.Receive(new byte[2]).Should().Be(1);
        pair.Client.TryReceive(new byte[1], out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_unix_connection_does_nothing()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using UnixConnection mine = first;
        using UnixConnection peer = second;
        await EveryCallIsCancelled(mine, () => peer.Send("x"u8));

        mine.Receive(new byte[2]).Should().Be(1);
        peer.TryReceive(new byte[1], out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_connections_stream_does_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair();
        await using Stream stream = pair.Accepted.GetStream();
        pair.Client.Send("x"u8);
        byte[] buffer = new byte[2];

        await Expect.Canceled(stream.ReadAsync(buffer, s_fired).AsTask(), s_fired);
        await Expect.Canceled(stream.WriteAsync(buffer, s_fired).AsTask(), s_fired);

        (await stream.ReadAsync(buffer).AsTask().Within()).Should().Be(1);
        pair.Client.TryReceive(buffer, out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_server_does_nothing()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        await EveryCallIsCancelled(server, static () => { });
        await using IAsyncEnumerator<TcpConnection> accepts = server.AcceptAllAsync(s_fired).GetAsyncEnumerator(CancellationToken.None);
        await Expect.Canceled(accepts.MoveNextAsync().AsTask(), s_fired);

        using TcpConnection accepted = await server.AcceptAsync().Within();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public async Task A_datagram_endpoint_does_nothing()
    {
        using UdpEndpoint peer = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), UdpOptions);
        using UdpEndpoint endpoint = UdpEndpoint.Connect("127.0.0.1", peer.Port, UdpOptions);
        await EveryCallIsCancelled(endpoint, () => peer.SendTo("x"u8, endpoint.LocalEndPoint), peer.LocalEndPoint);

        endpoint.Receive(new byte[2]).Length.Should().Be(1);
        peer.TryReceiveFrom(new byte[1], out _).Should().BeFalse();
    }

    [Fact]
    public async Task Nobody_connects()
    {
        using TcpServer server = Listen();
        using UnixServer unixServer = ListenUnix(PathOf());
        using UdpEndpoint peer = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), UdpOptions);
        Task[] connects =
        [
            TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions, s_fired),
            TcpClient.ConnectAsync("localhost", server.Port, ClientOptions, s_fired),
            TcpClient.TryConnectAsync(server.LocalEndPoint, ClientOptions, s_fired),
            TcpClient.TryConnectAsync("localhost", server.Port, ClientOptions, s_fired),
            UdpEndpoint.ConnectAsync("localhost", peer.Port, UdpOptions, s_fired),
            UnixDatagramEndpoint.ConnectAsync(PathOf(), new UnixDatagramOptions { Engine = Engine }, s_fired),
            UnixClient.ConnectAsync(PathOf(), UnixClientOptions, s_fired),
            UnixClient.TryConnectAsync(PathOf(), UnixClientOptions, s_fired),
        ];
        Task[] keeps =
        [
            TcpClient.KeepConnectedAsync(server.LocalEndPoint, MustNotRun, ClientOptions, s_fired),
            TcpClient.KeepConnectedAsync("localhost", server.Port, MustNotRun, ClientOptions, s_fired),
            UnixClient.KeepConnectedAsync(PathOf(), MustNotRun, UnixClientOptions, s_fired),
        ];
        int all = typeof(SocketBase).Assembly.GetExportedTypes()
            .Sum(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Count(Connects));

        connects.Concat(keeps).Should().HaveCount(all, "each static method with a token is here, but the relay, which connects nothing");
        foreach (Task connect in connects)
        {
            await Expect.Canceled(connect, s_fired);
        }

        await Task.WhenAll(keeps).Within();
        server.TryAccept(out _).Should().BeFalse();
        unixServer.TryAccept(out _).Should().BeFalse();

        static Task MustNotRun(StreamConnection connection, CancellationToken token) => throw new InvalidOperationException("it ran");
    }

    private static async Task EveryCallIsCancelled(SocketBase socket, Action send, EndPoint? peer = null)
    {
        send();
        socket.WaitReadable(Limits.Hang).Should().BeTrue();
        MethodInfo[] calls = [.. socket.GetType().GetMethods().Where(static method => !method.IsStatic && TakesToken(method)).Where(
            static method => typeof(IAsyncResult).IsAssignableFrom(TaskType(method)))];
        calls.Should().NotBeEmpty();
        foreach (MethodInfo call in calls)
        {
            object returned = call.Invoke(socket, [.. call.GetParameters().Select(parameter => Argument(parameter, peer))])!;
            Task task = returned as Task ?? (Task)returned.GetType().GetMethod("AsTask")!.Invoke(returned, null)!;
            Exception? failure = await Expect.Failure(task);

            failure.Should().BeAssignableTo<OperationCanceledException>(call.ToString()).Which.CancellationToken.Should().Be(s_fired);
        }
    }

    private static bool Connects(MethodInfo method) => TakesToken(method) && method.Name != nameof(StreamConnection.RelayAsync);

    private static bool TakesToken(MethodInfo method) =>
        method.GetParameters() is [.., { ParameterType: var last }] && last == typeof(CancellationToken);

    /// <summary>
    /// The task that the method returns, as it is or in a ValueTask; serving and stopping end without an exception and are tested
    /// elsewhere.
    /// </summary>
    private static Type TaskType(MethodInfo method) =>
        method.Name is "ServeAsync" or "StopAsync" ? typeof(void) : method.ReturnType.GetMethod("AsTask")?.ReturnType ?? method.ReturnType;

    private static object? Argument(ParameterInfo parameter, EndPoint? peer) => parameter.ParameterType switch
    {
        var type when type == typeof(CancellationToken) => s_fired,
        var type when type == typeof(Memory<byte>) => new Memory<byte>(new byte[1]),
        var type when type == typeof(ReadOnlyMemory<byte>) => new ReadOnlyMemory<byte>(new byte[1]),
        var type when type == typeof(ReadOnlySequence<byte>) => Segments.Of(new byte[1], new byte[1]),
        var type when type == typeof(string) => "text",
        var type when type == typeof(TimeSpan) => Limits.Hang,
        var type when type == typeof(IReadOnlyList<SafeHandle>) => new SafeHandle[] { OpenFile() },
        var type when type == typeof(SafeFileHandle) => OpenFile(),
        var type when type == typeof(EndPoint) || type == typeof(IPEndPoint) => peer,
        var type when type == typeof(IPAddress) => IPAddress.Loopback,
        var type when type == typeof(TlsServerOptions) => new TlsServerOptions { Certificate = Identities.Server },
        var type when type == typeof(TlsClientOptions) => new TlsClientOptions { TargetHost = "localhost" },
        var type when type == typeof(SocketAddress) => peer!.Serialize(),
        var type when type == typeof(DatagramBatch) => s_batch,
        var type when type == typeof(int) && !parameter.HasDefaultValue => 1,
        _ => parameter.DefaultValue,
    };

    private static DatagramBatch OneDatagram()
    {
        var batch = new DatagramBatch(1);
        batch.Add("x"u8);
        return batch;
    }

    private static SafeFileHandle OpenFile() => File.OpenHandle(typeof(FiredTokenTests<>).Assembly.Location);
}

public sealed class FiredTokenTests_Portable : FiredTokenTests<PortableUnderTest>;

public sealed class FiredTokenTests_Epoll : FiredTokenTests<EpollUnderTest>;
