namespace SocketKit.IntegrationTests.Kit;

/// <summary><see cref="ToolFactAttribute"/> with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(params string[] tools) => Skip = new ToolFactAttribute(tools).Skip;
}
