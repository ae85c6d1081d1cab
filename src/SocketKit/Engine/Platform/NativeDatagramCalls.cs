using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// The kernel's own calls on the descriptor of a socket. System.Net.Sockets has no receive that reports both truncation and WouldBlock
/// without an exception, and refuses to connect again after an ICMP error.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class NativeDatagramCalls(Socket socket) : DatagramCalls
{
    /// <summary>Room for the packet information of both families, with headers (cmsg(3)).</summary>
    private const int ControlBytes = 128;

    // in_pktinfo: int ifindex; in_addr spec_dst; in_addr addr, the datagram's own destination. in6_pktinfo: in6_addr addr; int ifindex.
    private const int IPv4InfoBytes = 12;
    private const int IPv4DestinationOffset = 8;
    private const int IPv4AddressBytes = 4;
    private const int IPv6InfoBytes = 20;
    private const int IPv6AddressBytes = 16;

    private readonly SafeSocketHandle _handle = socket.SafeHandle;
    private IPAddress? _lastLocal;

    public override bool CanBlock => true;

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo)
    {
        int flags = (peek ? Libc.MSG_PEEK : 0) | (block ? 0 : Libc.MSG_DONTWAIT);
        Span<byte> control = stackalloc byte[ControlBytes];
        control = withPacketInfo ? control : default;
        int received = Messages.Receive(
            _handle, buffer, from.Buffer.Span, control, flags, out int nameLength, out int controlLength, out bool isTruncated);
        if (received < 0)
        {
            return new DatagramResult(Failure(received));
        }

        from.Size = Math.Min(nameLength, from.Buffer.Length);
        return withPacketInfo
            ? WithPacketInfo(received, isTruncated, control[..controlLength])
            : new DatagramResult(new IoResult(received), isTruncated);
    }

    public override IoResult Send(ReadOnlySpan<byte> data, SocketAddress? to)
    {
        ReadOnlySpan<byte> address = to is null ? default : to.Buffer.Span[..to.Size];
        return Outcome(Messages.Send(_handle, data, address, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL));
    }

    public override IoResult Connect(EndPoint remote)
    {
        // A second connect would keep the source address that the first one chose, which may not reach the new peer.
        IoResult disconnected = Disconnect();
        SocketAddress address = remote.Serialize();
        return disconnected.IsSuccess ? Outcome(Messages.Connect(_handle, address.Buffer.Span[..address.Size])) : disconnected;
    }

    public override IoResult Disconnect()
    {
        SocketAddress? before = ReadLocalAddress();
        Span<byte> unspecified = stackalloc byte[sizeof(ulong) * 2];
        unspecified.Clear();
        BitConverter.TryWriteBytes(unspecified, Libc.AF_UNSPEC);
        IoResult outcome = Outcome(Messages.Connect(_handle, unspecified));

        // The kernel gives an ephemeral port back when the peer goes (net/ipv4/udp.c, __udp_disconnect); it is taken again.
        return outcome.IsSuccess && before is { Family: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 }
            && ReadLocalAddress() is { } after && SocketAddresses.ReadPort(after) != SocketAddresses.ReadPort(before)
            ? Rebind(after, SocketAddresses.ReadPort(before))
            : outcome;
    }

    public override SocketAddress? ReadLocalAddress()
    {
        var local = new SocketAddress(socket.AddressFamily);
        if (Messages.GetLocalName(_handle, local.Buffer.Span, out int length) < 0)
        {
            return null;
        }

        local.Size = Math.Min(length, local.Buffer.Length);
        return local;
    }

    private IoResult Rebind(SocketAddress local, int port)
    {
        SocketAddresses.WritePort(local, port);
        return Outcome(Messages.Bind(_handle, local.Buffer.Span[..local.Size]));
    }

    private static IoResult Outcome(int result) => result < 0 ? Failure(result) : new IoResult(result);

    private static IoResult Failure(int result) =>
        result == -Errno.EAGAIN ? IoResult.Ended(ChannelStatus.WouldBlock) : IoResult.Failed(Errno.ToSocketError(-result));

    /// <summary>Looks through the control messages for in_pktinfo or in6_pktinfo (ip(7), ipv6(7)).</summary>
    private DatagramResult WithPacketInfo(int received, bool isTruncated, ReadOnlySpan<byte> control)
    {
        IPAddress? local = null;
        int interfaceIndex = 0;
        int headerBytes = Unsafe.SizeOf<ControlHeader>();
        while (control.Length >= headerBytes)
        {
            var header = MemoryMarshal.Read<ControlHeader>(control);
            if (header.Length < (nuint)headerBytes || header.Length > (nuint)control.Length)
            {
                break;
            }

            ReadOnlySpan<byte> data = control[headerBytes..(int)header.Length];
            if (header is { Level: Libc.IPPROTO_IP, Type: Libc.IP_PKTINFO } && data.Length >= IPv4InfoBytes)
            {
                interfaceIndex = MemoryMarshal.Read<int>(data);
                local = Remember(data.Slice(IPv4DestinationOffset, IPv4AddressBytes));
            }
            else if (header is { Level: Libc.IPPROTO_IPV6, Type: Libc.IPV6_PKTINFO } && data.Length >= IPv6InfoBytes && local is null)
            {
                interfaceIndex = MemoryMarshal.Read<int>(data[IPv6AddressBytes..]);
                local = Remember(data[..IPv6AddressBytes]);
            }

            // CMSG_ALIGN: the next header is aligned to a machine word.
            int step = ((int)header.Length + IntPtr.Size - 1) & -IntPtr.Size;
            control = step >= control.Length ? default : control[step..];
        }

        return new DatagramResult(new IoResult(received), isTruncated, local, interfaceIndex);
    }

    /// <summary>The same local address comes again and again, and is made once.</summary>
    private IPAddress Remember(ReadOnlySpan<byte> address)
    {
        Span<byte> last = stackalloc byte[IPv6AddressBytes];
        if (_lastLocal is { } remembered && remembered.TryWriteBytes(last, out int length) && last[..length].SequenceEqual(address))
        {
            return remembered;
        }

        return _lastLocal = address.Length == IPv6AddressBytes ? SocketAddresses.ReadIPv6(address, 0) : new IPAddress(address);
    }
}
