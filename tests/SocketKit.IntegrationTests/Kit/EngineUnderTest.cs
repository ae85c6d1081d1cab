using SocketKit.Engine;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Names the engine that one run of a shared test body uses.</summary>
public abstract class EngineUnderTest
{
    public abstract SocketEngine Engine { get; }

    /// <summary>The same for connections whose peer is a plain socket, which takes the bytes as they come.</summary>
    public virtual SocketEngine BesidePlainPeers => Engine;
}

public sealed class PortableUnderTest : EngineUnderTest
{
    public override SocketEngine Engine => SocketEngine.Portable;
}

/// <summary>On epoll; where there is none, the bodies run on the portable engine once more.</summary>
public sealed class EpollUnderTest : EngineUnderTest
{
    private static readonly Lazy<SocketEngine> s_engine = new(static () =>
        EngineSelector.TryMakeEpoll("epoll engine, under test", out SocketEngine? engine) ? engine : SocketEngine.Portable);

    public override SocketEngine Engine => s_engine.Value;
}
