using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

// Ping: ICMP echo requests and their replies over a raw socket. ICMP has no ports, and the program makes the messages itself.
//   dotnet run --project samples/RawPing               pings this machine
//   dotnet run --project samples/RawPing -- [host]     pings another one (IPv4)
Console.OutputEncoding = Encoding.UTF8;

return args switch
{
    [] => await Sample.GuardAsync(() => PingAsync("127.0.0.1")),
    [['-', ..]] or [""] or [_, _, ..] => Sample.Refuse(args, "[host]"),
    [var host] => await Sample.GuardAsync(() => PingAsync(host)),
};

static async Task PingAsync(string host)
{
    IPEndPoint target = await ResolveAsync(host);
    Console.WriteLine($"PING {host} ({target.Address})");

    RawEndpoint ping;
    try
    {
        // socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), which some systems allow to everybody, else socket(AF_INET, SOCK_RAW, IPPROTO_ICMP).
        ping = RawEndpoint.OpenIcmp();
    }
    catch (SocketException exception)
    {
        // Python: PermissionError. Run it as root, or give the right to the program: setcap cap_net_raw+ep.
        Bilingual.WriteLine($"没有权限，无法发送 ICMP: {exception.Message}", "no right to send ICMP");
        return;
    }

    using (ping)
    {
        await Task.Run(() => Ping(ping, target));
    }
}

static async Task<IPEndPoint> ResolveAsync(string host)
{
    try
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork);
        return new IPEndPoint(addresses is [var first, ..] ? first : throw new SocketException((int)SocketError.NoData), 0);
    }
    catch (SocketException exception)
    {
        // Python: socket.gaierror. The system's text does not say which name is not known.
        throw new SocketException((int)exception.SocketErrorCode, $"{host}: {exception.Message}");
    }
}

static void Ping(RawEndpoint ping, IPEndPoint target)
{
    for (ushort sequence = 1; sequence <= 3; sequence++)
    {
        byte[] request = EchoRequest(sequence);
        long start = Stopwatch.GetTimestamp();
        try
        {
            // sendto(request, (address, 0))
            ping.SendTo(request, target);
            ReceivedDatagram reply = ReceiveReply(ping, request, start);
            IPAddress sender = ((IPEndPoint)reply.RemoteEndPoint!).Address;
            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Bilingual.WriteLine(
                $"来自 {sender} 的回复: 序号={sequence} 时间={milliseconds:0.000} 毫秒",
                $"reply from {sender}: sequence={sequence} time={milliseconds:0.000} ms");
        }
        catch (SocketTimeoutException)
        {
            // A reply may get lost; the next request may be answered.
            Bilingual.WriteLine($"序号={sequence}: 1 秒内没有回复", $"sequence={sequence}: no reply within 1 s");
        }
        catch (SocketException exception)
        {
            // No route, for one. As ping does: say so and try the next.
            Bilingual.WriteLine($"序号={sequence}: {exception.Message}", $"sequence={sequence} failed");
        }
    }
}

static ReceivedDatagram ReceiveReply(RawEndpoint ping, byte[] request, long start)
{
    byte[] buffer = new byte[65_535];
    while (true)
    {
        // A raw socket sees the ICMP messages of all programs, so one second is meant for all receives together.
        TimeSpan left = TimeSpan.FromSeconds(1) - Stopwatch.GetElapsedTime(start);
        ping.ReceiveTimeout = left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
        ReceivedDatagram datagram = ping.ReceiveFrom(buffer);

        // As in Python, a raw IPv4 socket gives the IP header, too: four times the low half of its first byte long.
        ReadOnlySpan<byte> message = buffer.AsSpan(0, datagram.Length);
        message = ping.IncludesIPHeader ? message[((message[0] & 0xf) * 4)..] : message;

        // Type 0 is an echo reply. The identifier is not compared: without the right of raw sockets the kernel sets its own.
        if (message.Length == request.Length && message[0] == 0 && message[6..].SequenceEqual(request.AsSpan(6)))
        {
            return datagram;
        }
    }
}

// struct.pack('!BBHHH', 8, 0, checksum, identifier, sequence) + payload. The random payload tells our replies from those of others.
static byte[] EchoRequest(ushort sequence)
{
    byte[] request = new byte[8 + 16];
    request[0] = 8;
    BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(4), (ushort)Environment.ProcessId);
    BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), sequence);
    RandomNumberGenerator.Fill(request.AsSpan(8));
    BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), Checksum(request));
    return request;
}

// The Internet checksum (RFC 1071): the complement of the sum, in ones' complement, of all 16-bit words.
static ushort Checksum(ReadOnlySpan<byte> data)
{
    uint sum = 0;
    for (int i = 0; i < data.Length; i += 2)
    {
        sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
    }

    sum = (sum >> 16) + (sum & 0xffff);
    return (ushort)~(sum + (sum >> 16));
}
