using System.Buffers;
using System.IO.Pipelines;
using SocketKit.Engine;

namespace SocketKit.Sockets.Pipes;

/// <summary>A connection as a pipe. It ends the connection when both of its ends have been completed.</summary>
internal sealed class ConnectionPipe : IDuplexPipe, IByteOwner
{
    private const int InputEnded = 1;
    private const int OutputEnded = 2;
    private const int BothEnded = InputEnded | OutputEnded;

    private readonly StreamConnection _connection;
    private readonly ConnectionReader _input;
    private readonly ConnectionWriter _output;
    private int _ended;

    public ConnectionPipe(StreamConnection connection, MemoryPool<byte>? pool, FlushMode flushMode)
    {
        _connection = connection;
        _input = new ConnectionReader(this, connection, pool);
        _output = new ConnectionWriter(this, connection, pool, flushMode);
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    bool IByteOwner.HasUnsent => _output.HasUnsent;

    string? IByteOwner.WhyBusy => _input.WhyBusy ?? _output.WhyBusy;

    string? IByteOwner.WhyUnread => _input.WhyUnread;

    long IByteOwner.QueuedBytes => _output.QueuedBytes;

    async ValueTask IByteOwner.SendRestAsync()
    {
        using var limit = new CancellationTokenSource(_connection.ClosingLimit);
        while (_output.TryBeginRest() is { } sent)
        {
            await sent.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!sent.IsCompleted)
            {
                // The peer reads too slowly.
                _connection.Abort(CloseReason.SlowPeer);
                return;
            }
        }
    }

    /// <summary>The reader was completed. Called once.</summary>
    public void EndInput(Exception? cause) => End(InputEnded, cause);

    /// <summary>The writer was completed, and all that was written has been sent or dropped. Called once.</summary>
    public void EndOutput(Exception? cause) => End(OutputEnded, cause);

    private void End(int end, Exception? cause)
    {
        int before = Interlocked.Or(ref _ended, end);
        if (cause is not null)
        {
            _connection.Abort();
        }
        else if ((before | end) == BothEnded)
        {
            _connection.Dispose();
        }
    }
}
