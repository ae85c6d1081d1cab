using System.Collections.Concurrent;
using System.Net;

namespace SocketKit.Load;

/// <summary>The connections that a server of this library serves at the moment, each with what was made of it.</summary>
/// <typeparam name="T">The connection itself, or its messages.</typeparam>
internal sealed class ServedMembers<T> : IAsyncDisposable
    where T : class
{
    private readonly ConcurrentDictionary<T, TcpConnection> _members = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<TcpConnection, T> _join;
    private readonly Func<T, TcpConnection, Task> _stay;
    private readonly int _expected;
    private readonly Task _serving;
    private int _joined;

    /// <param name="options">Of the server.</param>
    /// <param name="expected">How many connections will come.</param>
    /// <param name="join">Makes a member of a connection.</param>
    /// <param name="stay">The rest of the handler: ends when the peer has finished, or when the server begins to stop.</param>
    public ServedMembers(TcpServerOptions options, int expected, Func<TcpConnection, T> join, Func<T, TcpConnection, Task> stay)
    {
        (_join, _stay, _expected) = (join, stay, expected);
        options.MaxConnections = Math.Max(options.MaxConnections, expected);
        Server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), options);
        _serving = Server.ServeAsync(HandleAsync);
    }

    public TcpServer Server { get; }

    /// <summary>Those that are there now. It may be walked while some of them leave.</summary>
    public IEnumerable<T> All => _members.Select(static member => member.Key);

    /// <summary>Ends when all have come.</summary>
    public Task CompleteAsync(CancellationToken cancellationToken) => _complete.Task.WaitAsync(cancellationToken);

    /// <summary>Lets the handlers end, which sends what is queued, and closes the connections.</summary>
    public async Task StopAsync()
    {
        await Server.StopAsync(TimeSpan.FromSeconds(10));
        await _serving;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _serving;
    }

    private async Task HandleAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        T member = _join(connection);
        _members.TryAdd(member, connection);
        if (Interlocked.Increment(ref _joined) == _expected)
        {
            _complete.TrySetResult();
        }

        try
        {
            await _stay(member, connection);
        }
        finally
        {
            _members.TryRemove(member, out _);
        }
    }
}
