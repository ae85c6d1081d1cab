using System.Net;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>One pending receive of a datagram.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollDatagramReceive(EpollDescriptor descriptor, EpollDatagram channel)
    : EpollOperation<FreeStep>(descriptor, Direction.Receive), IDatagramTaskSource
{
    private DatagramBatch? _batch;
    private Memory<byte> _buffer;
    private SocketAddress? _from;
    private bool _ownsFrom;
    private bool _peek;
    private DatagramResult _received;
    private IDatagramResults? _results;

    /// <summary>Waits for a datagram.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="from">Receives the sender's address.</param>
    /// <param name="peek">Whether the datagram stays in the queue.</param>
    /// <param name="timeout">How long it waits; zero is no limit, because async calls have no non-blocking mode.</param>
    /// <param name="isDeferred">A datagram may be there, but the loop's other work comes first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public DatagramTask Start(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, bool isDeferred, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _from = from;
        _peek = peek;
        short version = Version;
        Start(timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout), cancellationToken, isDeferred);
        return new DatagramTask(this, version);
    }

    /// <summary>Waits for datagrams, for a batch in place of a buffer.</summary>
    public IoTask Start(DatagramBatch batch, TimeSpan timeout, bool isDeferred, CancellationToken cancellationToken)
    {
        _batch = batch;
        return Start(timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout), cancellationToken, isDeferred);
    }

    void IDatagramTaskSource.Serve(IDatagramResults results, bool ownsFrom, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _results = results;
        _ownsFrom = ownsFrom;
        Serve(results, _peek ? SocketOperation.Peek : SocketOperation.Receive, timeout, cancellationToken);
    }

    ReceivedDatagram IValueTaskSource<ReceivedDatagram>.GetResult(short token)
    {
        // Once the outcome is taken another call may use this object, so the fields of this call are read first.
        (DatagramResult received, SocketAddress? from, bool ownsFrom, IDatagramResults? results) = (_received, _from, _ownsFrom, _results);
        Take(token);
        return results!.ResultOf(received, from!, ownsFrom);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        // If the caller's memory throws, the datagram that the edge announced is still there.
        channel.ExpectMore();
        _received = channel.Attempt(
            _batch is { } batch ? new IncomingDatagrams(batch) : new IncomingDatagrams(_buffer.Span, _from!, _peek), block: false);
        outcome = _received.Outcome;
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status);

    protected override bool MayHaveMore() => channel.MayHaveMore;

    protected override void OnFinished(IoResult outcome)
    {
        _buffer = default;
        _batch?.Leave();
        _batch = null;
    }

    protected override void Forget()
    {
        _from = null;
        _results = null;
        _received = default;
    }
}
