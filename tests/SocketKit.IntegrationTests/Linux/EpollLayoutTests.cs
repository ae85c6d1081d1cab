using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Structures and constants of epoll and of the calls on stream sockets against the headers of this system.</summary>
[SupportedOSPlatform("linux")]
public sealed class EpollLayoutTests
{
    private static readonly string[] s_headers =
        ["errno.h", "fcntl.h", "limits.h", "poll.h", "sys/epoll.h", "sys/eventfd.h", "sys/ioctl.h", "sys/resource.h", "sys/socket.h"];

    private static readonly (string Expression, long Ours)[] s_expected =
    [
        ("sizeof(struct epoll_event)", EpollSet.Stride),
        ("offsetof(struct epoll_event, events)", 0),
        ("offsetof(struct epoll_event, data)", EpollSet.Stride - sizeof(ulong)),
        ("sizeof(struct pollfd)", Marshal.SizeOf<PollDescriptor>()),
        ("offsetof(struct pollfd, fd)", Marshal.OffsetOf<PollDescriptor>(nameof(PollDescriptor.Descriptor))),
        ("offsetof(struct pollfd, events)", Marshal.OffsetOf<PollDescriptor>(nameof(PollDescriptor.Wanted))),
        ("offsetof(struct pollfd, revents)", Marshal.OffsetOf<PollDescriptor>(nameof(PollDescriptor.Happened))),
        ("sizeof(nfds_t)", IntPtr.Size),
        ("sizeof(struct linger)", Marshal.SizeOf<LingerValue>()),
        ("offsetof(struct linger, l_onoff)", Marshal.OffsetOf<LingerValue>(nameof(LingerValue.IsOn))),
        ("offsetof(struct linger, l_linger)", Marshal.OffsetOf<LingerValue>(nameof(LingerValue.Seconds))),
        ("sizeof(struct rlimit)", Marshal.SizeOf<ResourceLimit>()),
        ("offsetof(struct rlimit, rlim_cur)", Marshal.OffsetOf<ResourceLimit>(nameof(ResourceLimit.Soft))),
        ("offsetof(struct rlimit, rlim_max)", Marshal.OffsetOf<ResourceLimit>(nameof(ResourceLimit.Hard))),
        ("RLIMIT_NOFILE", Libc.RLIMIT_NOFILE),
        ("sizeof(socklen_t)", sizeof(uint)),
        ("sizeof(struct sockaddr)", 16),
        ("offsetof(struct sockaddr, sa_family)", 0),
        ("AF_UNSPEC", Libc.AF_UNSPEC),
        ("AF_INET", Libc.AF_INET),
        ("AF_INET6", Libc.AF_INET6),
        ("EPOLLIN", Libc.EPOLLIN),
        ("EPOLLOUT", Libc.EPOLLOUT),
        ("EPOLLERR", Libc.EPOLLERR),
        ("EPOLLHUP", Libc.EPOLLHUP),
        ("EPOLLRDHUP", Libc.EPOLLRDHUP),
        ("(unsigned)EPOLLET", Libc.EPOLLET),
        ("EPOLL_CTL_ADD", Libc.EPOLL_CTL_ADD),
        ("EPOLL_CTL_DEL", Libc.EPOLL_CTL_DEL),
        ("EPOLL_CTL_MOD", Libc.EPOLL_CTL_MOD),
        ("EPOLL_CLOEXEC", Libc.EPOLL_CLOEXEC),
        ("EFD_NONBLOCK", Libc.EFD_NONBLOCK),
        ("EFD_CLOEXEC", Libc.EFD_CLOEXEC),
        ("POLLIN", StreamCalls.PollIn),
        ("POLLOUT", StreamCalls.PollOut),
        ("POLLERR", StreamCalls.PollErr),
        ("SHUT_WR", Libc.SHUT_WR),
        ("SHUT_RDWR", Libc.SHUT_RDWR),
        ("SO_LINGER", Libc.SO_LINGER),
        ("MSG_PEEK", Libc.MSG_PEEK),
        ("MSG_DONTWAIT", Libc.MSG_DONTWAIT),
        ("F_DUPFD_CLOEXEC", Libc.F_DUPFD_CLOEXEC),
        ("IOV_MAX", KernelLimits.Segments),
        ("ENOENT", Errno.ENOENT),
        ("EBADF", Errno.EBADF),
    ];

    [LinuxFact("gcc")]
    public async Task Structures_and_constants_are_those_of_the_headers()
    {
        IReadOnlyList<long> values = await Headers.EvaluateAsync(s_headers, s_expected.Select(static row => row.Expression));

        values.Select(static (value, i) => (s_expected[i].Expression, value)).Should().Equal(s_expected);
    }
}
