using System.Net;
using System.Text;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

// Ping: ICMP echo requests and their replies over a raw socket. ICMP has no ports, and the program makes the messages itself.
//   dotnet run --project samples/RawPing                                           pings this machine
//   dotnet run --project samples/RawPing -- host [-c count] [-i seconds] [-s bytes]  pings another one, IPv4 or IPv6, and counts
//   dotnet run --project samples/RawPing -- host --trace                           names the routers on the way (needs CAP_NET_RAW)
Console.OutputEncoding = Encoding.UTF8;

return PingOptions.TryRead(args, out PingOptions? options)
    ? await Sample.GuardAsync(() => RunAsync(options))
    : Sample.Refuse(args, PingOptions.Usage);

static async Task RunAsync(PingOptions options)
{
    IPEndPoint target = await ResolveAsync(options.Host);
    RawEndpoint socket;
    try
    {
        // socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), which some systems allow to everybody, else socket(AF_INET, SOCK_RAW, IPPROTO_ICMP).
        // Only a raw socket receives what routers say about a packet of ours.
        socket = options.Traces
            ? RawEndpoint.Open(target.AddressFamily, Echo.ProtocolOf(target.AddressFamily))
            : RawEndpoint.OpenIcmp(target.AddressFamily);
    }
    catch (SocketException exception)
    {
        // Python: PermissionError. Run it as root, or give the right to the program: setcap cap_net_raw+ep.
        Console.WriteLine($"PING {options.Host} ({target.Address})");
        Bilingual.WriteLine($"没有权限，无法发送 ICMP: {exception.Message}", "no right to send ICMP");
        return;
    }

    using (socket)
    {
        // The calls of this sample block, so they get a thread of their own.
        var echo = new Echo(socket, target, options);
        await Task.Run(() =>
        {
            if (options.Traces)
            {
                Trace.Run(echo);
            }
            else
            {
                Ping.Run(echo);
            }
        });
    }
}

static async Task<IPEndPoint> ResolveAsync(string host)
{
    try
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host);
        IPAddress? first = addresses.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork)
            ?? addresses.FirstOrDefault();
        return new IPEndPoint(first ?? throw new SocketException((int)SocketError.NoData), 0);
    }
    catch (SocketException exception)
    {
        // Python: socket.gaierror. The system's text does not say which name is not known.
        throw new SocketException((int)exception.SocketErrorCode, $"{host}: {exception.Message}");
    }
}
