using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The server of TlsEcho with the client that its own line names.</summary>
public sealed class SampleTlsTests
{
    [ToolFact("openssl")]
    public async Task The_line_that_TlsEcho_prints_talks_to_it()
    {
        using ChildProcess server = ChildProcess.StartSample("TlsEcho", "server", "0");
        await server.PortAfter("listening on port");
        string[] line = (await server.LineWith("openssl s_client")).Split(' ');

        using ChildProcess client = ChildProcess.Start(line[0], line[1..]);
        await client.WriteLine("first");
        await client.LineWith("first");
        await client.WriteLine("second");
        await client.LineWith("second");

        (await server.LineWith("[server] Tls13")).Should().EndWith("asked for localhost");
    }

    [ToolFact("openssl")]
    public async Task TlsEcho_is_not_trusted_without_its_root()
    {
        using ChildProcess server = ChildProcess.StartSample("TlsEcho", "server", "0");
        int port = await server.PortAfter("listening on port");

        using ChildProcess client = ChildProcess.Start(
            "openssl", "s_client", "-quiet", "-verify_return_error", "-connect", $"localhost:{port}");
        client.EndInput();

        string.Join('\n', await client.End(exitCode: 1)).Should().Contain("certificate verify failed");
    }
}
