using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One empty-buffer receive that reports when data, an end or an error is there, and takes nothing. It outlives time-outs and cancelled
/// calls: a BCL receive that is cancelled keeps its memory until the next readable event (dotnet/runtime#111400).
/// </summary>
internal sealed class ReadableWait : SocketAsyncEventArgs
{
    private readonly PortableStream _channel;
    private int _pending;

    public ReadableWait(PortableStream channel)
        : base(true)
    {
        _channel = channel;
        SetBuffer(Memory<byte>.Empty);
    }

    /// <summary>True: the channel will be told. False: the caller should try at once.</summary>
    public bool Start(Socket socket)
    {
        if (Interlocked.CompareExchange(ref _pending, 1, 0) != 0)
        {
            return true;
        }

        try
        {
            if (socket.ReceiveAsync(this))
            {
                return true;
            }
        }
        catch (ObjectDisposedException)
        {
            // The attempt that follows finds the socket closed, and says so.
        }

        _channel.NoteWaitError(SocketError);
        Volatile.Write(ref _pending, 0);
        return false;
    }

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        SocketError error = SocketError;

        // From here on another thread may start the wait again.
        Interlocked.Exchange(ref _pending, 0);
        _channel.NoteWaitError(error);
        _channel.OnReadable();
    }
}
