using System.Net;
using System.Text;
using SocketKit;

// A tiny resolver: asks a name server over UDP, and asks again if the question or the answer is lost.
//   dotnet run --project samples/DnsLookup                                      asks a server of its own on loopback
//   dotnet run --project samples/DnsLookup -- example.com 9.9.9.9 [port]        asks that server for the addresses of a name (port 53)
const int Failed = 1;
const int WrongUsage = 2;
const int DnsPort = 53;

Console.OutputEncoding = Encoding.UTF8;
bool allAnswered = true;
int status;
switch (args)
{
    case []:
        status = await Sample.GuardAsync(PlayBothAsync);
        break;

    case [var name, { Length: > 0 } server] when DnsMessage.IsName(name):
        status = await Sample.GuardAsync(() => LookUpAsync(name, server, DnsPort));
        break;

    case [var name, { Length: > 0 } server, var text] when DnsMessage.IsName(name) && Sample.TryPort(text, least: 1, out int port):
        status = await Sample.GuardAsync(() => LookUpAsync(name, server, port));
        break;

    default:
        await Console.Error.WriteLineAsync("usage: DnsLookup [NAME SERVER [PORT]]. PORT is 1 to 65535, and 53 by default.");
        return WrongUsage;
}

return allAnswered ? status : Failed;

async Task PlayBothAsync()
{
    using var server = new TinyServer(new Dictionary<string, IPAddress[]>(StringComparer.OrdinalIgnoreCase)
    {
        ["one.example"] = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")],
        ["two.example"] = [IPAddress.Parse("192.0.2.2"), IPAddress.Parse("192.0.2.3")],
    });
    Task serving = server.RunAsync();
    foreach (string name in new[] { "one.example", "two.example", "three.example" })
    {
        await LookUpAsync(name, "127.0.0.1", server.Port);
    }

    server.Dispose();
    await serving;
}

async Task LookUpAsync(string name, string server, int port)
{
    // The connected endpoint receives from the server only, and hears it if nobody has that port. ConnectTimeout limits the look-up of the
    // server's own name, if it has one.
    using UdpEndpoint endpoint = await UdpEndpoint.ConnectAsync(server, port, new() { ConnectTimeout = TimeSpan.FromSeconds(5) });
    foreach (DnsType type in new[] { DnsType.A, DnsType.Aaaa })
    {
        (string text, bool isAnswered) = await Resolver.AskAsync(endpoint, name, type);
        allAnswered &= isAnswered;
        Console.WriteLine($"{name} {type.ToString().ToUpperInvariant()}: {text}");
    }
}
