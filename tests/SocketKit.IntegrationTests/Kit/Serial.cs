namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Tests that look at the whole process, its memory, descriptors or thread pool, and so run while no other test does. A process of the
/// test's own is not that.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Serial
{
    public const string Name = "alone in the process";
}
