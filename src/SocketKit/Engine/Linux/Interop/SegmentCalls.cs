using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// Options of UDP, and the send that the kernel cuts into datagrams. Each member throws <see cref="ObjectDisposedException"/> when the
/// handle is closed.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class SegmentCalls
{
    /// <summary>
    /// Room for what the kernel may tell of datagrams that come as one. Without the size of each their borders would be lost, so it is far
    /// more than the messages that this library asks for.
    /// </summary>
    public const int ControlBytes = 512;

    /// <summary>getsockopt(2) of an int at level IPPROTO_UDP. False: the kernel has no such option, or the socket is none of UDP.</summary>
    public static bool TryGetOption(SafeSocketHandle handle, int name, out int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        using var lease = new DescriptorLease(handle);
        bool isKnown = StreamCalls.TryGetOption(lease.Descriptor, Libc.IPPROTO_UDP, name, bytes);
        value = isKnown ? MemoryMarshal.Read<int>(bytes) : 0;
        return isKnown;
    }

    /// <summary>setsockopt(2) of an int at level IPPROTO_UDP. False: the kernel has refused it.</summary>
    public static bool TrySetOption(SafeSocketHandle handle, int name, int value)
    {
        // SAFETY: the kernel reads an int from the stack; the lease keeps the descriptor open.
        unsafe
        {
            using var lease = new DescriptorLease(handle);
            return Libc.setsockopt(lease.Descriptor, Libc.IPPROTO_UDP, name, &value, sizeof(int)) >= 0;
        }
    }

    /// <summary>
    /// How long the first of the datagrams is that the kernel hands over next, if it hands over several as one; 0 if it does not. Takes
    /// nothing: recvmsg(2), MSG_PEEK. Negative: the errno, which the kernel will not tell again.
    /// </summary>
    public static int PeekSegmentSize(SafeSocketHandle handle)
    {
        Span<byte> control = stackalloc byte[ControlBytes];
        int count = Messages.Receive(
            handle, default, default, control, Libc.MSG_PEEK | Libc.MSG_DONTWAIT, out _, out int controlLength, out _);
        if (count < 0)
        {
            return count;
        }

        var messages = new ControlMessages(control[..controlLength]);
        while (messages.MoveNext())
        {
            if (messages.IsSegmentSize(out int segmentSize))
            {
                return segmentSize;
            }
        }

        return 0;
    }

    /// <summary>sendmsg(2) with UDP_SEGMENT: all bytes, or the negative errno.</summary>
    /// <param name="handle">The socket.</param>
    /// <param name="data">The datagrams, at least two.</param>
    /// <param name="segmentSize">Bytes of each; the last one may be shorter.</param>
    /// <param name="address">The receiver; empty for the peer.</param>
    /// <param name="flags">MSG_DONTWAIT, MSG_NOSIGNAL.</param>
    public static int Send(SafeSocketHandle handle, ReadOnlySpan<byte> data, int segmentSize, ReadOnlySpan<byte> address, int flags)
    {
        Span<byte> control = stackalloc byte[ControlHeader.Bytes + sizeof(ulong)];
        int length = ControlWriter.Write(control, Libc.IPPROTO_UDP, Libc.UDP_SEGMENT, (ushort)segmentSize);
        return Messages.Send(handle, data, address, control[..length], flags);
    }
}
