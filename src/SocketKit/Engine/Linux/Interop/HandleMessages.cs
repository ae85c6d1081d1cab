using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>sendmsg(2) and recvmsg(2) with descriptors (SCM_RIGHTS, unix(7)), and socketpair(2). Never waits.</summary>
[SupportedOSPlatform("linux")]
// SAFETY: every pointer is to a local or to memory pinned by fixed during the call; each use says its bounds.
internal static unsafe class HandleMessages
{
    /// <summary>CMSG_LEN(0): on 64-bit systems the data of a control message starts right behind its header.</summary>
    private const int HeaderBytes = 16;

    /// <summary>One message with the descriptors on its first byte; −1 and the error when nothing went.</summary>
    public static int Send(Socket socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        SafeSocketHandle owner = socket.SafeHandle;
        int control = HeaderBytes + (descriptors.Length * sizeof(int));
        byte* buffer = stackalloc byte[HeaderBytes + (KernelLimits.Handles * sizeof(int))];
        bool referenced = false;
        try
        {
            owner.DangerousAddRef(ref referenced);
            Unsafe.WriteUnaligned(buffer, new ControlHeader { Length = (nuint)control, Level = Libc.SOL_SOCKET, Type = Libc.SCM_RIGHTS });
            descriptors.CopyTo(new Span<int>(buffer + HeaderBytes, KernelLimits.Handles));

            // SAFETY: data is pinned during the call; the control buffer has room for a header and the handles, and CopyTo checks it.
            fixed (byte* start = data)
            {
                var vector = new BufferVector { Start = start, Length = (nuint)data.Length };
                var message = new MessageHeader { Buffers = &vector, BufferCount = 1, Control = buffer, ControlLength = (nuint)control };
                nint sent;
                do
                {
                    sent = Libc.sendmsg((int)owner.DangerousGetHandle(), &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                }
                while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

                error = sent < 0 ? Errno.Last() : SocketError.Success;
                return (int)sent;
            }
        }
        finally
        {
            if (referenced)
            {
                owner.DangerousRelease();
            }
        }
    }

    /// <summary>Receives bytes and descriptors, which are added to the list, close-on-exec; −1 and the error when nothing was there.</summary>
    public static int Receive(Socket socket, Span<byte> data, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        SafeSocketHandle owner = socket.SafeHandle;

        // Exactly CMSG_LEN: the padding of CMSG_SPACE would make room for one descriptor too many.
        int control = HeaderBytes + (mostHandles * sizeof(int));
        byte* buffer = stackalloc byte[HeaderBytes + (KernelLimits.Handles * sizeof(int))];
        bool referenced = false;
        try
        {
            owner.DangerousAddRef(ref referenced);

            // SAFETY: data is pinned during the call; the control length is within the buffer, because layer 3 allows no more handles.
            fixed (byte* start = data)
            {
                var vector = new BufferVector { Start = start, Length = (nuint)data.Length };
                MessageHeader message;
                nint received;
                do
                {
                    message = new MessageHeader { Buffers = &vector, BufferCount = 1, Control = buffer, ControlLength = (nuint)control };
                    received = Libc.recvmsg((int)owner.DangerousGetHandle(), &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
                }
                while (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);

                error = received < 0 ? Errno.Last() : SocketError.Success;
                isTruncated = received >= 0 && (message.Flags & Libc.MSG_CTRUNC) != 0;
                if (received >= 0)
                {
                    Collect(buffer, (int)message.ControlLength, handles);
                }

                return (int)received;
            }
        }
        finally
        {
            if (referenced)
            {
                owner.DangerousRelease();
            }
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

    /// <summary>Every descriptor that the kernel has installed gets an owner, also those of a cut message.</summary>
    private static void Collect(byte* control, int length, List<SafeFileHandle> handles)
    {
        int offset = 0;
        while (length - offset >= HeaderBytes)
        {
            // SAFETY: the header lies within the length that the kernel has written, and so do the descriptors counted below.
            ControlHeader header = Unsafe.ReadUnaligned<ControlHeader>(control + offset);
            int end = offset + Math.Min((int)header.Length, length - offset);
            if (header.Level == Libc.SOL_SOCKET && header.Type == Libc.SCM_RIGHTS)
            {
                for (int at = offset + HeaderBytes; end - at >= sizeof(int); at += sizeof(int))
                {
                    handles.Add(new SafeFileHandle(Unsafe.ReadUnaligned<int>(control + at), ownsHandle: true));
                }
            }

            if ((int)header.Length < HeaderBytes)
            {
                return;
            }

            offset += ((int)header.Length + 7) & ~7;
        }
    }
}
