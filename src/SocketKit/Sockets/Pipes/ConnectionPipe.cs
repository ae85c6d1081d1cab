using System.Buffers;
using System.IO.Pipelines;

namespace SocketKit.Sockets.Pipes;

/// <summary>A connection as a pipe. It ends the connection when both of its ends have been completed.</summary>
internal sealed class ConnectionPipe : IDuplexPipe
{
    private const int InputEnded = 1;
    private const int OutputEnded = 2;
    private const int BothEnded = InputEnded | OutputEnded;

    private readonly StreamConnection _connection;
    private int _ended;

    public ConnectionPipe(StreamConnection connection, MemoryPool<byte>? pool, FlushMode flushMode)
    {
        _connection = connection;
        Input = new ConnectionReader(this, connection, pool);
        Output = new ConnectionWriter(this, connection, pool, flushMode);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

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
