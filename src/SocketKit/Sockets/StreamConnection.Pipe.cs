using System.Buffers;
using System.IO.Pipelines;
using SocketKit.Sockets.Pipes;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>
    /// Returns the connection as a pipe, for code that works with <see cref="PipeReader"/> and <see cref="PipeWriter"/>. There is no task
    /// and no second buffer between: a read receives into the reader's own memory, recv(2), and a flush sends all that was written at
    /// once, sendmsg(2).
    /// </summary>
    /// <param name="pool">
    /// Where both ends take their memory from; null for blocks that all connections share. Memory is given back when it was consumed, or
    /// sent. A read that waits holds none.
    /// </param>
    /// <param name="flushMode">When a flush sends.</param>
    /// <returns>The pipe. Its ends are completed by the caller.</returns>
    /// <remarks>
    /// <para>
    /// Possible once. From then on the calls that receive or send on the connection itself, and <see cref="GetStream"/>, throw
    /// <see cref="InvalidOperationException"/>. Options, addresses, <see cref="Closed"/>, <see cref="SocketBase.Abort"/> and
    /// <see cref="SocketBase.Dispose()"/> work as before.
    /// </para>
    /// <para>
    /// <b>Reading.</b> A read returns at once if there is something that was not examined, and receives otherwise; so does
    /// <see cref="PipeReader.TryRead"/>, which never waits. One read at a time. A token and <see cref="PipeReader.CancelPendingRead"/> lose
    /// no byte. <see cref="SocketBase.ReceiveTimeout"/> applies to each receive; after it the reader is still usable. A failure is an
    /// <see cref="IOException"/> around the connection's exception, thrown once; later reads say that the input is complete.
    /// </para>
    /// <para>
    /// <b>Writing.</b> The memory of the last <see cref="PipeWriter.GetSpan"/> stays valid over several <see cref="PipeWriter.Advance"/>,
    /// until the next Get or flush. A token and <see cref="PipeWriter.CancelPendingFlush"/> end the wait of a flush; its bytes are sent all
    /// the same. <see cref="SocketBase.SendTimeout"/> applies to each send; what was not sent then stays for the next flush. Once the peer
    /// is gone, flushes say that the output is complete, and what is written is dropped.
    /// </para>
    /// <para>
    /// <b>Ending.</b> Completing the output sends what was written, and then half-closes; <see cref="PipeWriter.CompleteAsync"/> waits for
    /// it, unless a flush is under way. Completing the input stops reading. Once both are done, the connection is disposed. Completing
    /// either with an exception aborts the connection. A handler of <c>ServeAsync</c> or <c>KeepConnectedAsync</c> that returns sends first
    /// what was flushed; <see cref="SocketBase.Dispose()"/> with flushed bytes unsent closes with RST.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="flushMode"/> is not one of the modes.</exception>
    /// <exception cref="InvalidOperationException">
    /// It, or <see cref="GetMessages"/>, was called before, or a receive is in progress.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public IDuplexPipe GetPipe(MemoryPool<byte>? pool = null, FlushMode flushMode = FlushMode.Immediate)
    {
        if (!Enum.IsDefined(flushMode))
        {
            throw new ArgumentOutOfRangeException(nameof(flushMode), flushMode, "There is no such mode.");
        }

        var pipe = new ConnectionPipe(this, pool, flushMode);
        TakeOver(pipe, "get pipe");
        return pipe;
    }
}
