using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>sendmsg(2) and recvmsg(2) with descriptors (SCM_RIGHTS, unix(7)), and socketpair(2). Never waits.</summary>
[SupportedOSPlatform("linux")]
// SAFETY: every pointer is to a local or to memory pinned by fixed during the call; each use names its bounds.
internal static unsafe class HandleMessages
{
    private const int HeaderBytes = ControlHeader.Bytes;
    private const int Most = KernelLimits.Handles;

    /// <summary>Sends one message with the descriptors on its first byte. Returns −1 and the error if nothing was sent.</summary>
    public static int Send(Socket socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        int control = HeaderBytes + (descriptors.Length * sizeof(int));
        byte* buffer = stackalloc byte[HeaderBytes + (Most * sizeof(int))];
        Unsafe.WriteUnaligned(buffer, new ControlHeader { Length = (nuint)control, Level = Libc.SOL_SOCKET, Type = Libc.SCM_RIGHTS });
        descriptors.CopyTo(new Span<int>(buffer + HeaderBytes, Most));

        // SAFETY: data is pinned during the call; the control buffer has room for a header and 253 descriptors, and CopyTo checks it.
        fixed (byte* start = data)
        {
            var vector = new BufferVector { Start = start, Length = (nuint)data.Length };
            var message = new MessageHeader { Buffers = &vector, BufferCount = 1, Control = buffer, ControlLength = (nuint)control };
            using var lease = new DescriptorLease(socket.SafeHandle);
            nint sent;
            do
            {
                sent = Libc.sendmsg(lease.Descriptor, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            error = sent < 0 ? Errno.Last() : SocketError.Success;
            return (int)sent;
        }
    }

    /// <summary>
    /// Receives bytes, and adds the descriptors that came with them to the list, close-on-exec. Returns −1 and the error if nothing was
    /// there.
    /// </summary>
    public static int Receive(
        Socket socket, Span<byte> data, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        // Exactly CMSG_LEN: the padding of CMSG_SPACE would make room for one descriptor too many.
        int control = HeaderBytes + (mostHandles * sizeof(int));
        byte* buffer = stackalloc byte[HeaderBytes + (Most * sizeof(int))];

        // SAFETY: data is pinned during the call; the control length is within the buffer, because layer 3 allows at most 253 descriptors.
        fixed (byte* start = data)
        {
            var vector = new BufferVector { Start = start, Length = (nuint)data.Length };
            using var lease = new DescriptorLease(socket.SafeHandle);
            MessageHeader message;
            nint received;
            do
            {
                message = new MessageHeader { Buffers = &vector, BufferCount = 1, Control = buffer, ControlLength = (nuint)control };
                received = Libc.recvmsg(lease.Descriptor, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
            }
            while (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

            error = received < 0 ? Errno.Last() : SocketError.Success;
            isTruncated = received >= 0 && (message.Flags & Libc.MSG_CTRUNC) != 0;
            if (received >= 0)
            {
                // SAFETY: the kernel has written that many bytes to the buffer.
                Collect(new ReadOnlySpan<byte>(buffer, (int)message.ControlLength), handles);
            }

            return (int)received;
        }
    }

    /// <summary>Two connected sockets without names, close-on-exec.</summary>
    public static (Socket First, Socket Second) CreatePair(SocketType type)
    {
        int kind = type switch
        {
            SocketType.Stream => Libc.SOCK_STREAM,
            SocketType.Dgram => Libc.SOCK_DGRAM,
            _ => Libc.SOCK_SEQPACKET,
        };

        // SAFETY: the kernel writes two descriptors to the two elements.
        int* pair = stackalloc int[2];
        return Libc.socketpair(Libc.AF_UNIX, kind | Libc.SOCK_CLOEXEC, 0, pair) == 0
            ? (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), new Socket(new SafeSocketHandle(pair[1], ownsHandle: true)))
            : throw new SocketException((int)Errno.Last(), $"socketpair failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Gives an owner to every descriptor that the kernel has installed, also to those of a truncated message.</summary>
    private static void Collect(ReadOnlySpan<byte> control, List<SafeFileHandle> handles)
    {
        var messages = new ControlMessages(control);
        while (messages.MoveNext())
        {
            for (ReadOnlySpan<byte> rest = messages.Handles; rest.Length >= sizeof(int); rest = rest[sizeof(int)..])
            {
                handles.Add(new SafeFileHandle(MemoryMarshal.Read<int>(rest), ownsHandle: true));
            }
        }
    }
}
