using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The server of the sample LengthPrefixed with the client in Python that lies beside it.</summary>
public sealed class SampleLengthPrefixedTests
{
    [ToolFact("python3")]
    public async Task The_client_in_Python_gets_every_message_back()
    {
        using ChildProcess server = ChildProcess.StartSample("LengthPrefixed", "server", "0");
        int port = await server.PortAfter("listening on port");
        using ChildProcess client = ChildProcess.Start(
            Python.Program,
            Path.Combine(Repository.Root, "samples/LengthPrefixed/client.py"),
            "localhost",
            port.ToString(CultureInfo.InvariantCulture));

        (await client.End()).Should().HaveCount(4).And.Contain("[python] 1000 characters → 1000");
        await server.LineWith("the client has finished");
    }
}
