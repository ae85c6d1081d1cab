namespace SocketKit.Load;

/// <summary>Connections of this library: a loop of sends, which are awaited together.</summary>
internal sealed class ConnectionAudience(TcpServerOptions options, int count) : Audience
{
    private readonly ServedMembers<TcpConnection> _members = new(
        options,
        count,
        static connection => connection,
        static (connection, _) => connection.WaitReadableAsync(connection.Stopping).AsTask());

    private TcpConnection[] _all = [];

    public override int Port => _members.Server.Port;

    public override async Task GatherAsync(CancellationToken cancellationToken)
    {
        await _members.CompleteAsync(cancellationToken);
        _all = [.. _members.All];
    }

    public override async ValueTask DisposeAsync()
    {
        await _members.StopAsync();
        await _members.DisposeAsync();
    }

    protected override void Begin(ReadOnlyMemory<byte> message)
    {
        foreach (TcpConnection connection in _all)
        {
            Await(connection.SendAsync(message));
        }
    }
}
