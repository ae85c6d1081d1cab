namespace SocketKit.Engine;

/// <summary>Words the exceptions of whoever calls a channel: a socket, which knows its name and its addresses.</summary>
internal interface IFaultSource
{
    /// <summary>The exception for an operation that did not succeed.</summary>
    Exception FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken);
}
