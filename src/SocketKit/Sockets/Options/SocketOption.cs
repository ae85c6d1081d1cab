using SocketKit.Sockets.Options;

namespace SocketKit;

/// <summary>
/// The catalogue of socket options that have no property. Use them with <see cref="SocketBase.GetOption{T}"/> and
/// <see cref="SocketBase.SetOption{T}"/>, or in <see cref="SocketOptions.Configure"/> if they must be set before bind or connect. Linux has
/// them all; <see cref="SocketOption{T}.IsSupported"/> tells about the running system.
/// </summary>
public static partial class SocketOption
{
    private const string NetAdmin = "CAP_NET_ADMIN";
    private const string NetRaw = "CAP_NET_RAW";

    /// <summary>SO_REUSEADDR. Use it for reading: it must be set before bind, by the option classes.</summary>
    public static SocketOption<bool> ReuseAddress { get; } = new(OptionTable.ReuseAddress, OptionFormat.Switch);

    /// <summary>SO_REUSEPORT. Use it for reading: it must be set before bind, by the option classes. Not on Windows.</summary>
    public static SocketOption<bool> ReusePort { get; } = new(OptionTable.ReusePort, OptionFormat.Switch);

    /// <summary>SO_RCVBUF: the kernel's receive buffer in bytes. Linux doubles what is set and caps it at net.core.rmem_max.</summary>
    public static SocketOption<int> ReceiveBufferSize { get; } = new(OptionTable.ReceiveBufferSize, OptionFormat.Number(1));

    /// <summary>SO_SNDBUF: the kernel's send buffer in bytes. Linux doubles what is set and caps it at net.core.wmem_max.</summary>
    public static SocketOption<int> SendBufferSize { get; } = new(OptionTable.SendBufferSize, OptionFormat.Number(1));

    /// <summary>SO_DONTROUTE: send to directly connected networks only.</summary>
    public static SocketOption<bool> DontRoute { get; } = new(OptionTable.DontRoute, OptionFormat.Switch);

    /// <summary>SO_TYPE, read only: 1 for a stream, 2 for datagrams, 3 raw, 5 for sequenced packets.</summary>
    public static SocketOption<int> Type { get; } = new(OptionTable.Type, OptionFormat.Number(), readOnly: true);

    /// <summary>SO_PROTOCOL, read only: 6 for TCP, 17 for UDP, 262 for Multipath TCP. Linux.</summary>
    public static SocketOption<int> Protocol { get; } = new(OptionTable.Protocol, OptionFormat.Number(), readOnly: true);

    /// <summary>SO_DOMAIN, read only: the system's number of the address family, 1 for Unix, 2 for IPv4, 10 for IPv6. Linux.</summary>
    public static SocketOption<int> Domain { get; } = new(OptionTable.Domain, OptionFormat.Number(), readOnly: true);

    /// <summary>SO_PRIORITY: the queueing priority of sent packets. A value above 6 needs CAP_NET_ADMIN. Linux.</summary>
    public static SocketOption<int> Priority { get; } = new(OptionTable.Priority, OptionFormat.Number(0), right: NetAdmin);

    /// <summary>SO_MARK: a mark on each packet for routing rules and packet filters. Needs CAP_NET_ADMIN. Linux.</summary>
    public static SocketOption<int> Mark { get; } = new(OptionTable.Mark, OptionFormat.Number(), right: NetAdmin);

    /// <summary>
    /// SO_BINDTODEVICE: the name of the only interface to send and receive on; empty for all interfaces. May need CAP_NET_RAW. Linux.
    /// </summary>
    public static SocketOption<string> BindToDevice { get; } = new(OptionTable.BindToDevice, OptionFormat.Name, right: NetRaw);

    /// <summary>SO_INCOMING_CPU: the processor that last handled a packet of this socket. Linux.</summary>
    public static SocketOption<int> IncomingCpu { get; } = new(OptionTable.IncomingCpu, OptionFormat.Number());

    /// <summary>SO_INCOMING_NAPI_ID, read only: the device queue of the last packet; 0 if unknown, as on loopback. Linux.</summary>
    public static SocketOption<int> IncomingQueue { get; } = new(OptionTable.IncomingQueue, OptionFormat.Number(), readOnly: true);

    /// <summary>
    /// SO_BUSY_POLL: how long to poll the device queue before sleeping, in whole microseconds. Raising it needs CAP_NET_ADMIN. Linux.
    /// </summary>
    public static SocketOption<TimeSpan> BusyPoll { get; } = new(OptionTable.BusyPoll, OptionFormat.Microseconds, right: NetAdmin);

    /// <summary>SO_PASSCRED: each message of a Unix socket carries its sender's credentials. Linux.</summary>
    public static SocketOption<bool> PassCredentials { get; } = new(OptionTable.PassCredentials, OptionFormat.Switch);
}
