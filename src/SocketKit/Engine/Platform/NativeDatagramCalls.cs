using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// The kernel's own calls on the descriptor of a socket. System.Net.Sockets has no receive that reports both truncation and WouldBlock
/// without an exception, and refuses to connect again after an ICMP error.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class NativeDatagramCalls(Socket socket) : DatagramCalls
{
    /// <summary>Room for the packet information of both families, with headers (cmsg(3)).</summary>
    private const int ControlBytes = 128;
    private const int IPv6AddressBytes = 16;

    private readonly SafeSocketHandle _handle = socket.SafeHandle;

    /// <summary>
    /// Only a sequenced-packet connection has an end, and recvmsg(2) returns 0 for it as for an empty message. With SO_TIMESTAMP each
    /// message carries a control message, for which <see cref="Receive"/> has no room. So MSG_CTRUNC tells a message from the end.
    /// </summary>
    private readonly bool _hasEnd = socket.SocketType == SocketType.Seqpacket;
    private readonly bool _isMarkOurs = socket.SocketType == SocketType.Seqpacket && MarkMessages(socket);
    private IPAddress? _lastLocal;

    public override bool CanBlock => true;

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo)
    {
        if (_trains is { } trains)
        {
            return ReceiveOne(trains, buffer, from, peek, block, withPacketInfo);
        }

        int flags = (peek ? Libc.MSG_PEEK : 0) | (block ? 0 : Libc.MSG_DONTWAIT);
        Span<byte> control = stackalloc byte[ControlBytes];
        control = withPacketInfo ? control : default;
        int count = Messages.Receive(
            _handle, buffer, from.Buffer.Span, control, flags, out int nameLength, out int controlLength, out int received);
        if (count < 0)
        {
            return new DatagramResult(Failure(count));
        }

        if (_hasEnd && count == 0 && (received & (Libc.MSG_TRUNC | Libc.MSG_CTRUNC)) == 0)
        {
            return DatagramResult.Ended(ChannelStatus.EndOfStream);
        }

        from.Size = Math.Min(nameLength, from.Buffer.Length);
        bool isTruncated = (received & Libc.MSG_TRUNC) != 0;
        return withPacketInfo
            ? WithPacketInfo(count, isTruncated, control[..controlLength])
            : new DatagramResult(new IoResult(count), isTruncated);
    }

    public override IoResult Send(ReadOnlySpan<byte> data, SendTarget target)
    {
        ReadOnlySpan<byte> address = target.To is { } to ? to.Buffer.Span[..to.Size] : default;
        return target.From is { } from
            ? SendFrom(from, data, address)
            : Outcome(Messages.Send(_handle, data, address, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL));
    }

    public override IoResult Connect(SocketAddress remote)
    {
        // A second connect would keep the source address that the first one chose, which may not reach the new peer.
        IoResult disconnected = Disconnect();
        return disconnected.IsSuccess ? Outcome(Messages.Connect(_handle, remote.Buffer.Span[..remote.Size])) : disconnected;
    }

    public override IoResult Disconnect()
    {
        SocketAddress? before = ReadLocalAddress();
        Span<byte> unspecified = stackalloc byte[sizeof(ulong) * 2];
        unspecified.Clear();
        BitConverter.TryWriteBytes(unspecified, Libc.AF_UNSPEC);
        IoResult outcome = Outcome(Messages.Connect(_handle, unspecified));

        // The kernel releases an ephemeral port when the peer is dissolved (net/ipv4/udp.c, __udp_disconnect), so it is bound again.
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

    public override void Restore()
    {
        if (_isMarkOurs)
        {
            SetMark(socket, 0);
        }

        EndTrains();
    }

    private IoResult Rebind(SocketAddress local, int port)
    {
        SocketAddresses.WritePort(local, port);
        return Outcome(Messages.Bind(_handle, local.Buffer.Span[..local.Size]));
    }

    private static IoResult Outcome(int result) => result < 0 ? Failure(result) : new IoResult(result);

    private static IoResult Failure(int result) =>
        result == -Errno.EAGAIN ? IoResult.Ended(ChannelStatus.WouldBlock) : IoResult.Failed(Errno.ToSocketError(-result));

    private DatagramResult WithPacketInfo(int received, bool isTruncated, ReadOnlySpan<byte> control)
    {
        IPAddress? local = null;
        int interfaceIndex = 0;
        var messages = new ControlMessages(control);
        while (messages.MoveNext())
        {
            // An IPv4 datagram on an IPv6 socket carries both kinds; the IPv4 one counts.
            if (messages.IsPacketInfo(out ReadOnlySpan<byte> destination, out int index)
                && (local is null || destination.Length < IPv6AddressBytes))
            {
                local = Remember(destination);
                interfaceIndex = index;
            }
        }

        return new DatagramResult(new IoResult(received), isTruncated, local, interfaceIndex);
    }

    /// <summary>Makes the kernel mark every message. False: it does so already, or cannot.</summary>
    private static bool MarkMessages(Socket socket)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        try
        {
            socket.GetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_TIMESTAMP, value);
            bool isMarked = BitConverter.ToInt32(value) != 0;
            if (!isMarked)
            {
                SetMark(socket, 1);
            }

            return !isMarked;
        }
        catch (SocketException)
        {
            // A kernel without the option, in a sandbox: there an empty message is taken for the end.
            return false;
        }
    }

    private static void SetMark(Socket socket, int value) =>
        socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_TIMESTAMP, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    /// <summary>Reuses the last address object, because most datagrams have the same local address.</summary>
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
