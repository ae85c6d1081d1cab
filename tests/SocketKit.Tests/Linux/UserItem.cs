namespace SocketKit.Tests.Linux;

/// <summary>User code as a work item.</summary>
internal sealed class UserItem(Action code) : IThreadPoolWorkItem
{
    public void Execute() => code();
}
