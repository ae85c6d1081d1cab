using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Runs the code of samples/guide/batches.md.</summary>
public sealed class BatchesGuideTests
{
    [Fact]
    public async Task A_block_of_memory_arrives_as_datagrams_of_one_size()
    {
        using var receiver = UdpEndpoint.Bind("localhost", 0, new UdpEndpointOptions { ReceiveBufferSize = 1 << 20 });
        using var sender = UdpEndpoint.Bind("localhost", 0);

        await BatchesSnippets.Runs(sender, receiver.LocalEndPoint).Within();

        byte[] buffer = new byte[2000];
        for (int left = 100_000; left > 0; left -= 1200)
        {
            receiver.ReceiveFrom(buffer, Limits.Hang).Length.Should().Be(Math.Min(1200, left));
        }
    }

    [Fact]
    public void An_endpoint_says_what_its_system_does()
    {
        BatchesSnippets.Printed.Clear();

        bool cuts = BatchesSnippets.Capabilities(0);

        cuts.Should().Be(OperatingSystem.IsLinux());
        BatchesSnippets.Printed.Should().Equal($"the kernel cuts runs: {cuts}; lost so far: 0");
    }
}
