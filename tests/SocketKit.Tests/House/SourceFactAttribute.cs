namespace SocketKit.Tests.House;

/// <summary>A test that reads the sources; skipped, with the reason, where the assembly runs without them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SourceFactAttribute : FactAttribute
{
    public SourceFactAttribute()
    {
        if (Repository.Root is null)
        {
            Skip = "needs the sources beside the built assembly";
        }
    }
}
