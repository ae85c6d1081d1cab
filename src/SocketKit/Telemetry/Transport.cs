namespace SocketKit.Telemetry;

/// <summary>What carries the bytes of a stream.</summary>
internal enum Transport
{
    Tcp,

    Unix,
}
