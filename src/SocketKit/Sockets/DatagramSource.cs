using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>The reusable task that a pending datagram receive returns: the channel's outcome, made a result or an exception.</summary>
internal sealed class DatagramSource : IValueTaskSource<ReceivedDatagram>
{
    private readonly DatagramEndpoint _endpoint;
    private readonly Action _complete;
    private ManualResetValueTaskSourceCore<DatagramResult> _core;
    private ConfiguredValueTaskAwaitable<DatagramResult>.ConfiguredValueTaskAwaiter _pending;
    private ChannelStatus _status;
    private SocketAddress? _from;
    private bool _ownsFrom;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    public DatagramSource(DatagramEndpoint endpoint)
    {
        _endpoint = endpoint;
        _complete = Complete;
    }

    /// <summary>Starts to follow the channel's operation; the token of the new task is returned.</summary>
    public short Follow(
        ValueTask<DatagramResult> pending, SocketAddress from, bool ownsFrom, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _core.Reset();
        _from = from;
        _ownsFrom = ownsFrom;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        short token = _core.Version;
        _pending = pending.ConfigureAwait(false).GetAwaiter();
        _pending.UnsafeOnCompleted(_complete);
        return token;
    }

    ReceivedDatagram IValueTaskSource<ReceivedDatagram>.GetResult(short token)
    {
        DatagramResult received = _core.GetResult(token);
        (SocketAddress from, bool ownsFrom) = (_from!, _ownsFrom);
        (TimeSpan timeout, CancellationToken cancellationToken) = (_timeout, _cancellationToken);
        _cancellationToken = default;
        _from = null;
        _endpoint.Recycle(this);
        ReceivedDatagram datagram = _endpoint.Finish(received, from, ownsFrom);
        return received.IsSuccess
            ? datagram
            : throw Faults.Of(SocketOperation.Receive, received.Outcome, _endpoint, timeout, 0, cancellationToken);
    }

    ValueTaskSourceStatus IValueTaskSource<ReceivedDatagram>.GetStatus(short token)
    {
        ValueTaskSourceStatus status = _core.GetStatus(token);
        return status != ValueTaskSourceStatus.Succeeded || _status == ChannelStatus.Success ? status
            : _status == ChannelStatus.Canceled ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    void IValueTaskSource<ReceivedDatagram>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Complete()
    {
        DatagramResult received = _pending.GetResult();
        _pending = default;
        _status = received.Status;
        _core.SetResult(received);
    }
}
