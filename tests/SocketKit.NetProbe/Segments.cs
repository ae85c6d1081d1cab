using System.Net;
using System.Net.Sockets;

namespace SocketKit.NetProbe;

internal static class Segments
{
    /// <summary>
    /// Sends a run, or a batch of the same datagrams, to a plain socket, and the rest again and again until all has gone.
    /// After each call it prints the datagrams that went and those that have come.
    /// </summary>
    public static void Send(int size, int count, bool asBatch)
    {
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        plain.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        SocketAddress to = plain.LocalEndPoint!.Serialize();
        byte[] data = [.. Enumerable.Range(0, size * count).Select(i => (byte)(i / size))];
        using var batch = new DatagramBatch(count, size);
        for (int i = 0; i < count; i++)
        {
            batch.Add(data.AsSpan(i * size, size), to);
        }

        for (int done = 0; done < count;)
        {
            int went = 0;
            try
            {
                went = asBatch ? sender.SendBatch(batch) : sender.SendSegments(data.AsSpan(done * size), size, to) / size;
            }
            catch (SocketException exception)
            {
                // The test judges it.
                Console.WriteLine(exception.SocketErrorCode);
            }

            Console.WriteLine($"went: {went}, came: {Came(plain, size, done)}");
            done += went;
        }

        Console.WriteLine(sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload) ? "with offload" : "without offload");
    }

    /// <summary>How many datagrams are there; a word instead of a number if one has other bytes than it should.</summary>
    private static string Came(Socket plain, int size, int next)
    {
        byte[] buffer = new byte[65_536];
        int came = 0;
        for (; plain.Poll(0, SelectMode.SelectRead); came++)
        {
            int length = plain.Receive(buffer);
            if (length != size || buffer.AsSpan(0, length).ContainsAnyExcept((byte)(next + came)))
            {
                return "something else";
            }
        }

        return $"{came}";
    }
}
