using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>The call that an operation serves, as far as its exception has to tell. Empty where the caller takes the outcome itself.</summary>
internal struct IoCall(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
{
    private readonly IFaultSource? _faults = faults;
    private readonly SocketOperation _operation = operation;
    private readonly TimeSpan _timeout = timeout;
    private readonly CancellationToken _cancellationToken = cancellationToken;

    /// <summary>How a task looks whose source has ended with this outcome.</summary>
    public readonly ValueTaskSourceStatus StatusOf(ValueTaskSourceStatus status, ChannelStatus outcome) =>
        status != ValueTaskSourceStatus.Succeeded || outcome == ChannelStatus.Success || _faults is null ? status
        : outcome == ChannelStatus.Canceled ? ValueTaskSourceStatus.Canceled
        : ValueTaskSourceStatus.Faulted;

    /// <summary>The call ends: what its task throws. Nothing of the caller is kept.</summary>
    public Exception? End(IoResult outcome)
    {
        Exception? fault = outcome.IsSuccess ? null : _faults?.FaultOf(_operation, outcome, _timeout, _cancellationToken);
        this = default;
        return fault;
    }
}
