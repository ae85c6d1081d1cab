using SocketKit.Sockets.Options;

namespace SocketKit;

public static partial class SocketOption
{
    /// <summary>TCP_QUICKACK: acknowledge received data immediately. The kernel may switch it off again at any time. Linux.</summary>
    public static SocketOption<bool> QuickAck { get; } = new(OptionTable.QuickAck, OptionFormat.Switch);

    /// <summary>TCP_CORK: send only full segments until the option is switched off or 200 ms have passed. Linux.</summary>
    public static SocketOption<bool> Cork { get; } = new(OptionTable.Cork, OptionFormat.Switch);

    /// <summary>
    /// TCP_CONGESTION: the congestion control algorithm, such as "cubic" or "bbr". An algorithm that is not listed in
    /// net.ipv4.tcp_allowed_congestion_control needs CAP_NET_ADMIN. Linux.
    /// </summary>
    public static SocketOption<string> Congestion { get; } = new(OptionTable.Congestion, OptionFormat.Name, right: NetAdmin);

    /// <summary>
    /// TCP_DEFER_ACCEPT, on a server: report a connection only when its first data has arrived, or after about this time. Whole seconds,
    /// which the kernel rounds up to its retransmission steps. Linux.
    /// </summary>
    public static SocketOption<TimeSpan> DeferAccept { get; } = new(OptionTable.DeferAccept, OptionFormat.Seconds);

    /// <summary>
    /// TCP_FASTOPEN (RFC 7413), on a server: how many connections that carry data in their first packet may be pending. On macOS and
    /// Windows 1 switches it on.
    /// </summary>
    public static SocketOption<int> FastOpen { get; } = new(OptionTable.FastOpen, OptionFormat.Number(0));

    /// <summary>TCP_FASTOPEN_CONNECT (RFC 7413): the first send goes out with the first packet. Before connect. Linux.</summary>
    public static SocketOption<bool> FastOpenConnect { get; } = new(OptionTable.FastOpenConnect, OptionFormat.Switch);

    /// <summary>
    /// TCP_NOTSENT_LOWAT: the number of unsent bytes above which a socket is not writable. 0 is the system's default. Not on Windows.
    /// </summary>
    public static SocketOption<int> NotSentLowWatermark { get; } = new(OptionTable.NotSentLowWatermark, OptionFormat.Number(0));

    /// <summary>TCP_SYNCNT: how often the SYN of a connect is retransmitted, 1 to 127. Before connect. Linux.</summary>
    public static SocketOption<int> SynCount { get; } = new(OptionTable.SynCount, OptionFormat.Number(1, 127));

    /// <summary>
    /// TCP_LINGER2: how long a closed connection waits for the peer's FIN. Whole seconds; zero is the system's default. Linux.
    /// </summary>
    public static SocketOption<TimeSpan> FinWaitTimeout { get; } = new(OptionTable.FinWaitTimeout, OptionFormat.Seconds);

    /// <summary>TCP_MAXSEG: the largest segment in bytes. It can be set before connect; on Windows it is read only.</summary>
    public static SocketOption<int> MaxSegmentSize { get; } = new(OptionTable.MaxSegmentSize, OptionFormat.Number(0));

    /// <summary>TCP_WINDOW_CLAMP: the largest receive window that is advertised, in bytes. Linux.</summary>
    public static SocketOption<int> WindowClamp { get; } = new(OptionTable.WindowClamp, OptionFormat.Number(0));

    /// <summary>
    /// TCP_THIN_LINEAR_TIMEOUTS: on a connection with little traffic, the first retransmissions come at equal intervals. Linux.
    /// </summary>
    public static SocketOption<bool> ThinLinearTimeouts { get; } = new(OptionTable.ThinLinearTimeouts, OptionFormat.Switch);
}
