namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// An engine whose streams are wrapped at both ends, so that each byte is turned over twice. Beside a plain socket one end is wrapped
/// twice.
/// </summary>
public sealed class WrappedUnderTest<TEngine> : EngineUnderTest
    where TEngine : EngineUnderTest, new()
{
    private static readonly WrappingEngine s_once = new(new TEngine().Engine, static channel => new XorChannel(channel));
    private static readonly WrappingEngine s_twice = new(s_once, static channel => new XorChannel(channel));

    public override SocketEngine Engine => s_once;

    public override SocketEngine BesidePlainPeers => s_twice;
}
