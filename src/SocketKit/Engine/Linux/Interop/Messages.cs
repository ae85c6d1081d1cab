using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// recvmsg(2), sendto(2), sendmsg(2) and calls on a socket's addresses, over spans. Each returns the negative errno when the system
/// refuses, and throws <see cref="ObjectDisposedException"/> when the handle is closed.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class Messages
{
    /// <param name="handle">The socket.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="name">Receives the sender's address.</param>
    /// <param name="control">Receives the control messages; see <see cref="ControlMessages"/>.</param>
    /// <param name="flags">MSG_PEEK, MSG_DONTWAIT.</param>
    /// <param name="nameLength">Bytes of the sender's address, which may exceed the room for it.</param>
    /// <param name="controlLength">Bytes of control messages.</param>
    /// <param name="received">MSG_TRUNC: the datagram was longer. MSG_CTRUNC: a control message did not fit.</param>
    public static int Receive(
        SafeSocketHandle handle,
        Span<byte> buffer,
        Span<byte> name,
        Span<byte> control,
        int flags,
        out int nameLength,
        out int controlLength,
        out int received)
    {
        // SAFETY: every pointer is to pinned or stack memory that outlives the call, with its true length; the lease keeps the descriptor
        // open.
        unsafe
        {
            fixed (byte* data = buffer, from = name, extra = control)
            {
                var segment = new BufferVector { Start = data, Length = (nuint)buffer.Length };
                var message = new MessageHeader { Buffers = &segment, BufferCount = 1 };
                using var lease = new DescriptorLease(handle);
                nint count;
                do
                {
                    message.Name = from;
                    message.NameLength = (uint)name.Length;
                    message.Control = extra;
                    message.ControlLength = (nuint)control.Length;
                    count = Libc.recvmsg(lease.Descriptor, &message, flags);
                }
                while (count < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

                nameLength = (int)message.NameLength;
                controlLength = (int)message.ControlLength;
                received = message.Flags;
                return Result(count);
            }
        }
    }

    public static int Send(SafeSocketHandle handle, ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, int flags)
    {
        // SAFETY: both pointers are to pinned memory with its true length; the lease keeps the descriptor open.
        unsafe
        {
            fixed (byte* bytes = data, name = address)
            {
                using var lease = new DescriptorLease(handle);
                nint sent;
                do
                {
                    sent = Libc.sendto(lease.Descriptor, bytes, data.Length, flags, name, (uint)address.Length);
                }
                while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

                return Result(sent);
            }
        }
    }

    /// <summary>sendmsg(2) with control messages.</summary>
    public static int Send(SafeSocketHandle handle, ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, Span<byte> control, int flags)
    {
        // SAFETY: every pointer is to pinned or stack memory that outlives the call, with its true length; the kernel only reads it; the
        // lease keeps the descriptor open.
        unsafe
        {
            fixed (byte* bytes = data, name = address, extra = control)
            {
                var segment = new BufferVector { Start = bytes, Length = (nuint)data.Length };
                var message = new MessageHeader
                {
                    Name = name,
                    NameLength = (uint)address.Length,
                    Buffers = &segment,
                    BufferCount = 1,
                    Control = extra,
                    ControlLength = (nuint)control.Length,
                };
                using var lease = new DescriptorLease(handle);
                nint sent;
                do
                {
                    sent = Libc.sendmsg(lease.Descriptor, &message, flags);
                }
                while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

                return Result(sent);
            }
        }
    }

    public static int Connect(SafeSocketHandle handle, ReadOnlySpan<byte> address)
    {
        // SAFETY: the pointer is to pinned memory with its true length; the lease keeps the descriptor open.
        unsafe
        {
            fixed (byte* name = address)
            {
                using var lease = new DescriptorLease(handle);
                return Result(Libc.connect(lease.Descriptor, name, (uint)address.Length));
            }
        }
    }

    public static int Bind(SafeSocketHandle handle, ReadOnlySpan<byte> address)
    {
        // SAFETY: the pointer is to pinned memory with its true length; the lease keeps the descriptor open.
        unsafe
        {
            fixed (byte* name = address)
            {
                using var lease = new DescriptorLease(handle);
                return Result(Libc.bind(lease.Descriptor, name, (uint)address.Length));
            }
        }
    }

    public static int GetLocalName(SafeSocketHandle handle, Span<byte> address, out int length)
    {
        uint size = (uint)address.Length;

        // SAFETY: the pointers are to pinned and stack memory with its true length; the lease keeps the descriptor open.
        unsafe
        {
            fixed (byte* name = address)
            {
                using var lease = new DescriptorLease(handle);
                int result = Result(Libc.getsockname(lease.Descriptor, name, &size));
                length = (int)size;
                return result;
            }
        }
    }

    private static int Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
}
