using System.Net;
using System.Threading.Tasks.Sources;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>One pending receive of a datagram.</summary>
internal sealed class DatagramReceive(PortableDatagram channel) : ReceiveOperation(channel), IDatagramTaskSource
{
    private DatagramBatch? _batch;
    private Memory<byte> _buffer;
    private SocketAddress? _from;
    private bool _ownsFrom;
    private bool _peek;
    private DatagramResult _received;
    private IDatagramResults? _results;

    public DatagramTask Start(Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _from = from;
        _peek = peek;
        short version = Version;
        Start(timeout, cancellationToken);
        return new DatagramTask(this, version);
    }

    /// <summary>Waits for datagrams, for a batch in place of a buffer.</summary>
    public IoTask Start(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _batch = batch;
        return Start(timeout, cancellationToken);
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
        _received = channel.Attempt(
            _batch is { } batch ? new IncomingDatagrams(batch) : new IncomingDatagrams(_buffer.Span, _from!, _peek), block: false);
        outcome = _received.Outcome;
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status);

    protected override void BeginPending() => channel.BeginPending(this);

    protected override void EndPending()
    {
        _buffer = default;
        _batch?.Leave();
        _batch = null;
        channel.EndPending();
    }

    protected override void Recycle()
    {
        _from = null;
        _results = null;
        _received = default;
        channel.Recycle(this);
    }
}
