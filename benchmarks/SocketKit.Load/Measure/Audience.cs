namespace SocketKit.Load;

/// <summary>Connections that get the same message all at once.</summary>
internal abstract class Audience : IAsyncDisposable
{
    private readonly List<Task> _pending = [];

    /// <summary>The names of the ways to send.</summary>
    public static readonly string[] Ways = ["messages", "messages-await", "connection", "raw"];

    public abstract int Port { get; }

    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="options">Of the servers of this library.</param>
    /// <param name="count">How many will come.</param>
    /// <param name="size">Bytes of a message.</param>
    public static Audience Of(string way, TcpServerOptions options, int count, int size) => way switch
    {
        "raw" => new RawAudience(count),
        "connection" => new ConnectionAudience(options, count),
        _ => new MessageAudience(options, count, size, awaits: way == "messages-await"),
    };

    /// <summary>Ends when all have come.</summary>
    public abstract Task GatherAsync(CancellationToken cancellationToken);

    /// <summary>Sends to all, and ends when the kernel has everything.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        Begin(message);
        foreach (Task sending in _pending)
        {
            await sending;
        }

        _pending.Clear();
    }

    /// <summary>Closes all connections, with everything sent.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Begins to send to all, and gives each send to <see cref="Await"/>.</summary>
    protected abstract void Begin(ReadOnlyMemory<byte> message);

    protected void Await(ValueTask sending)
    {
        if (sending.IsCompletedSuccessfully)
        {
            sending.GetAwaiter().GetResult();
        }
        else
        {
            _pending.Add(sending.AsTask());
        }
    }
}
