namespace SocketKit.Engine;

/// <summary>Builds the exceptions of operations on a channel. Implemented by sockets, which know their name and addresses.</summary>
internal interface IFaultSource
{
    /// <summary>The exception for an operation that did not succeed.</summary>
    Exception FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken);
}
