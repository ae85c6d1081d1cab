using System.Threading.Tasks.Sources;

namespace SocketKit.Engine;

/// <summary>An operation that has to wait, and is the task of its caller, who wants the outcome, or a count, or only to know that it is done.</summary>
internal interface IPendingTransfer : IValueTaskSource<Transfer>, IValueTaskSource<int>, IValueTaskSource
{
    /// <summary>Set before the task is awaited, by a caller who wants exceptions instead of outcomes.</summary>
    ref TransferCall Call { get; }
}
