namespace SocketKit.Engine;

/// <summary>What a service tells the connections that it serves. Each signal has a token in <see cref="ServiceTokens"/>.</summary>
internal enum ServiceSignal : byte
{
    /// <summary>No signal: the token of the operation does not belong to the service.</summary>
    None,

    /// <summary>The service accepts no more connections; handlers may finish their work.</summary>
    Stopping,

    /// <summary>The handlers have to end.</summary>
    Ending,
}
