namespace SocketKit;

/// <summary>Options of <see cref="RawEndpoint"/>: those of every socket.</summary>
public sealed class RawEndpointOptions : SocketOptions;
