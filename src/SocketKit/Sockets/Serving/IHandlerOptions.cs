namespace SocketKit.Sockets.Serving;

/// <summary>The options that say who is told of a handler's failure.</summary>
/// <typeparam name="TConnection">The type of the handler's connection.</typeparam>
internal interface IHandlerOptions<TConnection>
    where TConnection : StreamConnection
{
    Action<TConnection, Exception>? HandlerFailed { get; }

    Func<Exception, bool>? IsPeerFault { get; }
}
