using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/datagrams.md, compiled and run by <see cref="DatagramsGuideTests"/>.</summary>
internal static class DatagramsSnippets
{
    /// <summary>What the code has printed.</summary>
    public static ConcurrentQueue<string> Printed { get; } = new();

    public static async Task Echo(int port, CancellationToken cancellationToken)
    {
        using var server = UdpEndpoint.Bind("localhost", port);
        Console.WriteLine($"port {server.Port}");
        byte[] buffer = new byte[65_535];
        while (true)
        {
            ReceivedDatagram datagram = await server.ReceiveFromAsync(buffer, cancellationToken);
            await server.SendToAsync(buffer.AsMemory(0, datagram.Length), datagram.RemoteEndPoint!, cancellationToken);
        }
    }

    public static async Task All(UdpEndpoint server, CancellationToken cancellationToken)
    {
        await foreach (OwnedDatagram datagram in server.ReceiveAllAsync(cancellationToken))
        {
            using (datagram)
            {
                Console.WriteLine($"{datagram.RemoteEndPoint}: {Encoding.UTF8.GetString(datagram.Data.Span)}");
            }
        }
    }

    public static async Task<string?> Ask(int port)
    {
        using UdpEndpoint client = await UdpEndpoint.ConnectAsync("localhost", port);
        byte[] buffer = new byte[1024];
        for (int attempt = 1; attempt <= 4; attempt++)
        {
            try
            {
                await client.SendAsync("how are you?");
                ReceivedDatagram answer = await client.ReceiveAsync(buffer, TimeSpan.FromSeconds(1));
                return Encoding.UTF8.GetString(buffer, 0, answer.Length);
            }
            catch (SocketTimeoutException)
            {
                // The question or the answer was lost. Nobody repeats it, so ask again.
            }
            catch (SocketOperationException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // An ICMP message said that nobody has this port now. The endpoint is still usable.
                Console.WriteLine(exception.Message);
            }
        }

        return null;
    }

    public static void Truncated(UdpEndpoint server)
    {
        byte[] buffer = new byte[512];
        ReceivedDatagram datagram = server.ReceiveFrom(buffer);
        if (datagram.IsTruncated)
        {
            Console.WriteLine($"the datagram of {datagram.RemoteEndPoint} had more than {buffer.Length} bytes");
        }
    }

    public static async Task WithoutAllocating(UdpEndpoint server, byte[] buffer, CancellationToken cancellationToken)
    {
        var from = new SocketAddress(server.Socket.AddressFamily);
        ReceivedDatagram datagram = await server.ReceiveFromAsync(buffer, from, cancellationToken);
        await server.SendToAsync(buffer.AsMemory(0, datagram.Length), from, cancellationToken);
    }

    public static void WhereTo(int port, Action<UdpEndpoint> started)
    {
        using var server = UdpEndpoint.Bind(port, new UdpEndpointOptions { ReceivePacketInfo = true });
        started(server);
        byte[] buffer = new byte[512];
        ReceivedDatagram datagram = server.ReceiveFrom(buffer);
        Console.WriteLine($"sent to {datagram.LocalAddress}, came in by interface {datagram.InterfaceIndex}");
    }

    public static void FromWhereAsked(UdpEndpoint server, byte[] buffer, byte[] answer)
    {
        ReceivedDatagram datagram = server.ReceiveFrom(buffer);
        server.SendTo(answer, (IPEndPoint)datagram.RemoteEndPoint!, from: datagram.LocalAddress!);
    }

    public static void ShowErrors(UdpEndpoint endpoint)
    {
        while (endpoint.TryReceiveError(out DatagramError? error))
        {
            Console.WriteLine($"{error.Data.Length} bytes to {error.Target}: {error.Error}, reported by {error.Reporter}");
        }
    }

    public static void ChangePeer(UdpEndpoint endpoint, IPEndPoint one, IPEndPoint another)
    {
        endpoint.ConnectTo(one);
        endpoint.Send("for one");
        endpoint.ConnectTo(another);
        endpoint.Send("for another");
        endpoint.Disconnect();
        endpoint.SendTo("for one again", one);
    }

    public static (IcmpMessageKind Kind, ushort Sequence) Ping()
    {
        using RawEndpoint icmp = RawEndpoint.OpenIcmp();
        byte[] request = new byte[64];
        int length = IcmpMessage.WriteEchoRequest(request, AddressFamily.InterNetwork, identifier: 1, sequence: 1, "ping"u8);
        icmp.SendTo(request.AsSpan(0, length), new IPEndPoint(IPAddress.Loopback, 0));

        byte[] buffer = new byte[512];
        ReadOnlySpan<byte> packet = buffer.AsSpan(0, icmp.ReceiveFrom(buffer).Length);
        var answer = IcmpMessage.Parse(
            icmp.IncludesIPHeader ? IPv4Header.Parse(packet).Payload : packet, AddressFamily.InterNetwork);
        return (answer.Kind, answer.Sequence);
    }

    private static class Console
    {
        public static void WriteLine(string line) => Printed.Enqueue(line);
    }

    public static async Task Batches(UdpEndpoint server, CancellationToken cancellationToken)
    {
        using var batch = new DatagramBatch(64, 2048);
        while (true)
        {
            await server.ReceiveBatchAsync(batch, cancellationToken);
            for (int i = 0; i < batch.Count; i++)
            {
                DatagramSlot datagram = batch[i];
                Console.WriteLine($"{datagram.Data.Length} bytes, truncated: {datagram.IsTruncated}");
            }

            await server.SendBatchAsync(batch, cancellationToken);
        }
    }
}
