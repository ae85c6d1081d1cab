using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Pairs of connections that both speak TLS 1.3.</summary>
internal sealed class TlsPairs<TEngine> : EngineTests<TlsUnderTest<TEngine>>
    where TEngine : EngineUnderTest, new()
{
    public TcpPairUnderTest Connect() => ConnectPair();
}
