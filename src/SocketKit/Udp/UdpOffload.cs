namespace SocketKit;

/// <summary>Whether an endpoint leaves work on many datagrams to the kernel.</summary>
public enum UdpOffload
{
    /// <summary>Where the system can do it, until it refuses.</summary>
    Auto,

    /// <summary>Never.</summary>
    Off,
}
