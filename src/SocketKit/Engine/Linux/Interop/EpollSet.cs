using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// One epoll(7) instance, with an eventfd(2) that ends its wait. One thread waits and reads the events; any thread may register and wake.
/// Dispose comes after the last <see cref="Wait"/>: from then on waking and removing do nothing.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollSet : IDisposable
{
    /// <summary>The data of the event that <see cref="Wake"/> raises; no registration may use it.</summary>
    public const ulong WakeData = ulong.MaxValue;

    /// <summary>The most events of one wait that does not say it.</summary>
    public const int Capacity = 256;

    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _wake;

    /// <summary>Where the kernel writes events; pinned, so that its address stays the same.</summary>
    private byte[] _events = GC.AllocateUninitializedArray<byte>(Capacity * Stride, pinned: true);
    private int _count;

    /// <exception cref="SocketException">
    /// The system refuses, for instance for lack of descriptors, or has another layout of events.
    /// </exception>
    public EpollSet()
    {
        if (!IsSupported)
        {
            throw new SocketException((int)SocketError.OperationNotSupported, "epoll is used on Linux on x64 and arm64 only.");
        }

        _epoll = Owned(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "epoll_create1");
        try
        {
            _wake = Owned(Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC), "eventfd");
            Add((int)_wake.DangerousGetHandle(), Libc.EPOLLIN | Libc.EPOLLET, WakeData);
        }
        catch (SocketException)
        {
            // Without an object nobody can call Dispose, so the constructor closes what it has opened.
            _wake?.Dispose();
            _epoll.Dispose();
            throw;
        }
    }

    /// <summary>Whether the layout of events is known.</summary>
    public static bool IsSupported => NativeLayout.IsKnown;

    /// <summary>
    /// The size of struct epoll_event (sys/epoll.h): 4 bytes of events, and 8 of data at its end. It is packed on x64 only.
    /// </summary>
    public static int Stride { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static int DataOffset => Stride - sizeof(ulong);

    /// <exception cref="SocketException">The system refuses: it is registered already, or there are too many.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed.</exception>
    public void Add(int fd, uint events, ulong data) => ThrowIf(Control(Libc.EPOLL_CTL_ADD, fd, events, data), "ADD", fd);

    /// <exception cref="SocketException">The system refuses: it is not registered.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed.</exception>
    public void Modify(int fd, uint events, ulong data) => ThrowIf(Control(Libc.EPOLL_CTL_MOD, fd, events, data), "MOD", fd);

    /// <summary>
    /// Called before a descriptor is closed, because a duplicate would keep the registration alive. Does nothing if there is none.
    /// </summary>
    /// <exception cref="SocketException">The system refuses for another reason.</exception>
    public void Remove(int fd)
    {
        try
        {
            int errno = Control(Libc.EPOLL_CTL_DEL, fd, 0, 0);
            ThrowIf(errno is Errno.ENOENT or Errno.EBADF ? 0 : errno, "DEL", fd);
        }
        catch (ObjectDisposedException)
        {
            // Disposing the set has removed the registration.
        }
    }

    /// <summary>Waits at most so many milliseconds, or without end for −1. Returns the number of events; also 0 after a signal.</summary>
    /// <param name="milliseconds">How long.</param>
    /// <param name="most">
    /// The most events. The kernel puts level-triggered descriptors that it has reported behind the others that are ready.
    /// </param>
    /// <exception cref="SocketException">epoll_wait(2) failed.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed.</exception>
    public int Wait(int milliseconds, int most = Capacity)
    {
        ObjectDisposedException.ThrowIf(_epoll.IsClosed, this);
        if (most > _events.Length / Stride)
        {
            _events = GC.AllocateUninitializedArray<byte>(most * Stride, pinned: true);
        }

        int count;
        int errno;

        // SAFETY: the buffer has room for that many events, and nobody disposes the set while its thread waits.
        unsafe
        {
            var events = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events));
            count = Libc.epoll_wait((int)_epoll.DangerousGetHandle(), events, most, milliseconds);
            errno = Errno.After(count);
        }

        _count = Math.Max(count, 0);
        return errno is 0 or Errno.EINTR ? _count : throw Failure("epoll_wait", errno);
    }

    /// <summary>The events of one entry of the last <see cref="Wait"/>.</summary>
    public uint EventsAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));

        // SAFETY: the event is one of those that the kernel has written, so it lies in the buffer.
        return Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_events), index * Stride));
    }

    /// <summary>The registered data of one entry of the last <see cref="Wait"/>.</summary>
    public ulong DataAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));

        // SAFETY: the event is one of those that the kernel has written, so it lies in the buffer.
        return Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_events), (index * Stride) + DataOffset));
    }

    /// <summary>
    /// Ends the current or the next wait with an event of <see cref="WakeData"/>. Nothing has to be read between two wakes.
    /// </summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    public void Wake()
    {
        try
        {
            using var lease = new DescriptorLease(_wake);
            WriteOne(lease.Descriptor);
        }
        catch (ObjectDisposedException)
        {
            // The set is disposed, so no thread waits.
        }
    }

    public void Dispose()
    {
        _count = 0;
        _epoll.Dispose();
        _wake.Dispose();
    }

    private static void WriteOne(int fd)
    {
        ulong value = 1;

        // SAFETY: eight bytes of a local, both ways.
        unsafe
        {
            while (Libc.write(fd, &value, sizeof(ulong)) < 0)
            {
                // The counter is full: the waiter may have seen its edge long ago, so the counter is emptied and written again.
                ulong counter;
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.EAGAIN)
                {
                    _ = Libc.read(fd, &counter, sizeof(ulong));
                }
                else if (errno != Errno.EINTR)
                {
                    throw Failure("write to an eventfd", errno);
                }
            }
        }
    }

    private static SafeFileHandle Owned(int fd, string call) =>
        fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Failure(call, Marshal.GetLastPInvokeError());

    private static void ThrowIf(int errno, string operation, int fd)
    {
        if (errno != 0)
        {
            throw Failure($"epoll_ctl({operation}, {fd})", errno);
        }
    }

    private static SocketException Failure(string call, int errno) =>
        new((int)Errno.ToSocketError(errno), $"{call} failed: {Marshal.GetPInvokeErrorMessage(errno)}");

    /// <summary>0 or the errno.</summary>
    private int Control(int operation, int fd, uint events, ulong data)
    {
        using var lease = new DescriptorLease(_epoll);

        // SAFETY: the event is on the stack and has room for either layout.
        unsafe
        {
            byte* happening = stackalloc byte[16];
            Unsafe.WriteUnaligned(happening, events);
            Unsafe.WriteUnaligned(happening + DataOffset, data);
            int result = Libc.epoll_ctl(lease.Descriptor, operation, fd, happening);
            return result < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }
}
