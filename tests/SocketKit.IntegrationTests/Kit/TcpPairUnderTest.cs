namespace SocketKit.IntegrationTests.Kit;

/// <summary>Both ends of one connection; disposing it aborts what is left.</summary>
public sealed record TcpPairUnderTest(TcpClient Client, TcpConnection Accepted) : IDisposable
{
    public void Dispose()
    {
        Client.Abort();
        Accepted.Abort();
    }
}
