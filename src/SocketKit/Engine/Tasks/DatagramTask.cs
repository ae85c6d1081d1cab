using System.Net;

namespace SocketKit.Engine.Tasks;

/// <summary>The return value of an async datagram receive: the result, or the operation that will deliver it. Read once.</summary>
internal readonly struct DatagramTask
{
    private readonly IDatagramTaskSource? _pending;
    private readonly DatagramResult _result;
    private readonly short _version;

    public DatagramTask(DatagramResult result) => _result = result;

    public DatagramTask(IDatagramTaskSource pending, short version)
    {
        _pending = pending;
        _version = version;
    }

    /// <summary>The datagram, or an exception.</summary>
    /// <param name="results">Builds the result or the exception.</param>
    /// <param name="from">Receives the sender's address.</param>
    /// <param name="ownsFrom">Whether <paramref name="results"/> lent <paramref name="from"/>; otherwise it is the user's.</param>
    /// <param name="timeout">The time-out of the call, for its exception.</param>
    /// <param name="cancellationToken">The token of the call, for its exception.</param>
    public ValueTask<ReceivedDatagram> AsReceived(
        IDatagramResults results, SocketAddress from, bool ownsFrom, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_pending is { } pending)
        {
            pending.Serve(results, ownsFrom, timeout, cancellationToken);
            return new ValueTask<ReceivedDatagram>(pending, _version);
        }

        return _result.IsSuccess ? new ValueTask<ReceivedDatagram>(results.ResultOf(_result, from, ownsFrom))
            : _result.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<ReceivedDatagram>(cancellationToken)
            : ValueTask.FromException<ReceivedDatagram>(
                results.FaultOf(SocketOperation.Receive, _result.Outcome, timeout, cancellationToken));
    }
}
