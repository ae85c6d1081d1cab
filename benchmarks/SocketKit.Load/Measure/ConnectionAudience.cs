namespace SocketKit.Load;

/// <summary>Connections of this library: a loop of sends, which are awaited together.</summary>
internal sealed class ConnectionAudience(TcpServerOptions options, int count) : ServedAudience<TcpConnection>(new(
    options,
    count,
    static connection => connection,
    static (connection, _) => connection.WaitReadableAsync(connection.Stopping).AsTask()))
{
    protected override void Begin(ReadOnlyMemory<byte> message)
    {
        foreach (TcpConnection connection in All)
        {
            Await(connection.SendAsync(message));
        }
    }
}
