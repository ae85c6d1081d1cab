using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>Both sides of an echo, in one call shape.</summary>
internal static class Echo
{
    /// <summary>Sends back what comes until the peer has finished.</summary>
    public static async Task Serve(StreamConnection connection, CallShape shape)
    {
        byte[] buffer = new byte[65_536];
        int received;
        while ((received = await connection.ReceiveBy(shape, buffer)) > 0)
        {
            await connection.SendBy(shape, buffer.AsMemory(0, received));
        }
    }

    /// <summary>Lets a client send lines and finish: it has to get them back.</summary>
    public static async Task GiveLinesBack(StreamConnection connection, ChildProcess client, CallShape shape)
    {
        Task serving = Serve(connection, shape);
        await client.WriteLine("第一行");
        await client.LineWith("第一行");
        await client.WriteLine("second line");
        client.EndInput();
        await serving.Within();
        connection.Dispose();

        (await client.End()).Should().Equal("第一行", "second line");
    }

    /// <summary>Sends the payload and finishes, and meanwhile reads to the peer's end: it has to be the same.</summary>
    public static async Task Expect(StreamConnection connection, byte[] payload, CallShape shape)
    {
        Task<byte[]> reading = connection.ReadToEnd(shape);
        await connection.SendBy(shape, payload).Within();
        connection.ShutdownSend();

        byte[] echoed = await reading.Within();
        echoed.AsSpan().SequenceEqual(payload).Should().BeTrue("{0} bytes of {1} came back", echoed.Length, payload.Length);
    }
}
