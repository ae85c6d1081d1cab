namespace SocketKit.Load;

/// <summary>The members of a server of this library: connections, or what is made of each.</summary>
internal abstract class ServedAudience<TMember>(ServedMembers<TMember> members) : Audience
    where TMember : class
{
    public override int Port => members.Server.Port;

    /// <summary>All that have come, once they are complete.</summary>
    protected TMember[] All { get; private set; } = [];

    public override async Task GatherAsync(CancellationToken cancellationToken)
    {
        await members.CompleteAsync(cancellationToken);
        All = [.. members.All];
    }

    public override async ValueTask DisposeAsync()
    {
        await members.StopAsync();
        await members.DisposeAsync();
    }
}
