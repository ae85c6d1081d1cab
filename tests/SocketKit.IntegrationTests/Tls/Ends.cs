namespace SocketKit.IntegrationTests.Tls;

/// <summary>Both ends of one connection, over TCP or a Unix socket.</summary>
internal sealed record Ends(StreamConnection Client, StreamConnection Accepted) : IDisposable
{
    public void Dispose()
    {
        Client.Abort();
        Accepted.Abort();
    }
}
