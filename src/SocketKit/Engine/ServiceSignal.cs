namespace SocketKit.Engine;

/// <summary>What a service tells the connections that it serves. Each signal has a token in <see cref="ServiceTokens"/>.</summary>
internal enum ServiceSignal : byte
{
    /// <summary>No signal: the token of an operation is none of the service's.</summary>
    None,

    /// <summary>The service accepts no more; handlers may finish what they are doing.</summary>
    Stopping,

    /// <summary>The handlers are to end.</summary>
    Ending,
}
