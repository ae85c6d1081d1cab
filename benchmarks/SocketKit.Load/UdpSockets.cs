namespace SocketKit.Load;

/// <summary>Opens datagram sockets the same way for all commands.</summary>
internal static class UdpSockets
{
    public const int LongestDatagram = 65536;

    /// <summary>As large as the system allows, so that a burst is not lost in a small queue.</summary>
    public const int QueueBytes = 4 << 20;

    public static UdpEndpointOptions Options(Arguments arguments) => new()
    {
        Engine = arguments.Engine,
        ReceiveBufferSize = QueueBytes,
        SendBufferSize = QueueBytes,
    };
}
