namespace SocketKit.IntegrationTests.Kit;

/// <summary><see cref="NamespaceFactAttribute"/> with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceTheoryAttribute : TheoryAttribute
{
    /// <param name="setup">What the test lets the shell do in the namespace.</param>
    /// <param name="tools">Programs that the test needs.</param>
    public NamespaceTheoryAttribute(string setup, params string[] tools) =>
        Skip = new LinuxFactAttribute(tools).Skip ?? new NamespaceFactAttribute(setup).Skip;
}
