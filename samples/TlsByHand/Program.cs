using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SocketKit;

// TLS over a connection, by SslStream of .NET: a server, and a client that checks who it talks to.
//   dotnet run --project samples/TlsByHand
if (args.Length > 0)
{
    await Console.Error.WriteLineAsync("TlsByHand takes no arguments.");
    return 2;
}

return await Sample.GuardAsync(RunAsync);

static async Task RunAsync()
{
    using X509Certificate2 certificate = Certificates.MakeForLocalhost();
    using var stop = new CancellationTokenSource();
    await using TcpServer server = TlsServer.Listen();
    await Task.WhenAll(TlsServer.RunAsync(server, certificate, stop.Token), AskAsync(server.Port, certificate, stop));
}

static async Task AskAsync(int port, X509Certificate2 certificate, CancellationTokenSource stop)
{
    try
    {
        // The name and the root are right.
        Console.WriteLine($"[client] {await TlsClient.AskAsync(port, "localhost", certificate)}");

        // The certificate is for another name, for instance because DNS sent us to the wrong machine.
        await RefuseAsync("another name", () => TlsClient.AskAsync(port, "example.com", certificate));

        // The certificate does not come from the root that we trust, for instance because somebody in between shows one of their own.
        using X509Certificate2 stranger = Certificates.MakeForLocalhost();
        await RefuseAsync("another root", () => TlsClient.AskAsync(port, "localhost", stranger));

        // The roots of the system do not know it either.
        await RefuseAsync("the system's roots", () => TlsClient.AskAsync(port, "localhost", root: null));
    }
    finally
    {
        await stop.CancelAsync();
    }
}

static async Task RefuseAsync(string what, Func<Task> ask)
{
    try
    {
        await ask();
        throw new InvalidOperationException($"{what}: the client accepted a certificate that it must refuse.");
    }
    catch (AuthenticationException exception)
    {
        // Nothing has been sent: the handshake ended before the question.
        Console.WriteLine($"[client] {what}: {exception.Message}");
    }
}
