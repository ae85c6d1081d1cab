namespace SocketKit.IntegrationTests.Kit;

/// <summary>Names the engine that one run of a shared test body uses.</summary>
public abstract class EngineUnderTest
{
    public abstract SocketEngine Engine { get; }
}

public sealed class PortableUnderTest : EngineUnderTest
{
    public override SocketEngine Engine => SocketEngine.Portable;
}
