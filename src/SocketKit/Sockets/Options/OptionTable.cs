namespace SocketKit.Sockets.Options;

/// <summary>
/// Level and number of each option per system. Linux: asm-generic/socket.h, linux/tcp.h, linux/in.h, linux/in6.h (a test compares them with
/// the headers). macOS: sys/socket.h, netinet/tcp.h, netinet/in.h, netinet6/in6.h. Windows: winsock2.h, ws2ipdef.h.
/// </summary>
internal static class OptionTable
{
    private const int Socket = 1;
    private const int BsdSocket = 0xffff;
    private const int Tcp = 6;
    private const int IP = 0;
    private const int IPv6 = 41;

    //                                                                              Linux         macOS                Windows
    public static OptionKey ReuseAddress { get; } = new("SO_REUSEADDR", (Socket, 2), (BsdSocket, 0x4), (BsdSocket, 0x4));
    public static OptionKey ReusePort { get; } = new("SO_REUSEPORT", (Socket, 15), (BsdSocket, 0x200));
    public static OptionKey ReceiveBufferSize { get; } = new("SO_RCVBUF", (Socket, 8), (BsdSocket, 0x1002), (BsdSocket, 0x1002));
    public static OptionKey SendBufferSize { get; } = new("SO_SNDBUF", (Socket, 7), (BsdSocket, 0x1001), (BsdSocket, 0x1001));
    public static OptionKey DontRoute { get; } = new("SO_DONTROUTE", (Socket, 5), (BsdSocket, 0x10), (BsdSocket, 0x10));
    public static OptionKey Type { get; } = new("SO_TYPE", (Socket, 3), (BsdSocket, 0x1008), (BsdSocket, 0x1008));
    public static OptionKey Protocol { get; } = new("SO_PROTOCOL", (Socket, 38));
    public static OptionKey Domain { get; } = new("SO_DOMAIN", (Socket, 39));
    public static OptionKey Priority { get; } = new("SO_PRIORITY", (Socket, 12));
    public static OptionKey Mark { get; } = new("SO_MARK", (Socket, 36));
    public static OptionKey BindToDevice { get; } = new("SO_BINDTODEVICE", (Socket, 25));
    public static OptionKey IncomingCpu { get; } = new("SO_INCOMING_CPU", (Socket, 49));
    public static OptionKey IncomingQueue { get; } = new("SO_INCOMING_NAPI_ID", (Socket, 56));
    public static OptionKey BusyPoll { get; } = new("SO_BUSY_POLL", (Socket, 46));
    public static OptionKey PassCredentials { get; } = new("SO_PASSCRED", (Socket, 16));

    public static OptionKey QuickAck { get; } = new("TCP_QUICKACK", (Tcp, 12));
    public static OptionKey Cork { get; } = new("TCP_CORK", (Tcp, 3));
    public static OptionKey Congestion { get; } = new("TCP_CONGESTION", (Tcp, 13));
    public static OptionKey DeferAccept { get; } = new("TCP_DEFER_ACCEPT", (Tcp, 9));
    public static OptionKey FastOpen { get; } = new("TCP_FASTOPEN", (Tcp, 23), (Tcp, 0x105), (Tcp, 15));
    public static OptionKey FastOpenConnect { get; } = new("TCP_FASTOPEN_CONNECT", (Tcp, 30));
    public static OptionKey NotSentLowWatermark { get; } = new("TCP_NOTSENT_LOWAT", (Tcp, 25), (Tcp, 0x201));
    public static OptionKey SynCount { get; } = new("TCP_SYNCNT", (Tcp, 7));
    public static OptionKey FinWaitTimeout { get; } = new("TCP_LINGER2", (Tcp, 8));
    public static OptionKey MaxSegmentSize { get; } = new("TCP_MAXSEG", (Tcp, 2), (Tcp, 2), (Tcp, 4));
    public static OptionKey WindowClamp { get; } = new("TCP_WINDOW_CLAMP", (Tcp, 10));
    public static OptionKey ThinLinearTimeouts { get; } = new("TCP_THIN_LINEAR_TIMEOUTS", (Tcp, 16));
    public static OptionKey UserTimeout { get; } = new("TCP_USER_TIMEOUT", (Tcp, 18));
    public static OptionKey Info { get; } = new("TCP_INFO", (Tcp, 11));

    public static OptionKey TypeOfService { get; } = new("IP_TOS", (IP, 1), (IP, 3), (IP, 3));
    public static OptionKey TimeToLive { get; } = new("IP_TTL", (IP, 2), (IP, 4), (IP, 4));
    public static OptionKey MtuDiscover { get; } = new("IP_MTU_DISCOVER", (IP, 10));
    public static OptionKey PathMtu { get; } = new("IP_MTU", (IP, 14));
    public static OptionKey FreeBind { get; } = new("IP_FREEBIND", (IP, 15));
    public static OptionKey Transparent { get; } = new("IP_TRANSPARENT", (IP, 19));
    public static OptionKey BindAddressNoPort { get; } = new("IP_BIND_ADDRESS_NO_PORT", (IP, 24));
    public static OptionKey MulticastAll { get; } = new("IP_MULTICAST_ALL", (IP, 49));

    public static OptionKey IPv6Only { get; } = new("IPV6_V6ONLY", (IPv6, 26), (IPv6, 27), (IPv6, 27));
    public static OptionKey TrafficClass { get; } = new("IPV6_TCLASS", (IPv6, 67), (IPv6, 36), (IPv6, 39));
    public static OptionKey HopLimit { get; } = new("IPV6_UNICAST_HOPS", (IPv6, 16), (IPv6, 4), (IPv6, 4));
    public static OptionKey MtuDiscoverIPv6 { get; } = new("IPV6_MTU_DISCOVER", (IPv6, 23));
    public static OptionKey PathMtuIPv6 { get; } = new("IPV6_MTU", (IPv6, 24));
}
