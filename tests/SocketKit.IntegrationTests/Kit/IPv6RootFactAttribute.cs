namespace SocketKit.IntegrationTests.Kit;

/// <summary>A test that needs Linux, root, and IPv6 on loopback.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class IPv6RootFactAttribute : FactAttribute
{
    public IPv6RootFactAttribute() => Skip = new LinuxFactAttribute { Root = true }.Skip ?? new IPv6FactAttribute().Skip;
}
