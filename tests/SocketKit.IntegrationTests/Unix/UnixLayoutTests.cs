using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Structures and constants against the headers of this system.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnixLayoutTests
{
    private static readonly (string Expression, long Ours)[] s_expected =
    [
        ("sizeof(struct msghdr)", Marshal.SizeOf<MessageHeader>()),
        ("offsetof(struct msghdr, msg_iov)", Marshal.OffsetOf<MessageHeader>(nameof(MessageHeader.Buffers))),
        ("offsetof(struct msghdr, msg_iovlen)", Marshal.OffsetOf<MessageHeader>(nameof(MessageHeader.BufferCount))),
        ("offsetof(struct msghdr, msg_control)", Marshal.OffsetOf<MessageHeader>(nameof(MessageHeader.Control))),
        ("offsetof(struct msghdr, msg_controllen)", Marshal.OffsetOf<MessageHeader>(nameof(MessageHeader.ControlLength))),
        ("offsetof(struct msghdr, msg_flags)", Marshal.OffsetOf<MessageHeader>(nameof(MessageHeader.Flags))),
        ("sizeof(struct iovec)", Marshal.SizeOf<BufferVector>()),
        ("offsetof(struct iovec, iov_len)", Marshal.OffsetOf<BufferVector>(nameof(BufferVector.Length))),
        ("sizeof(struct cmsghdr)", Marshal.SizeOf<ControlHeader>()),
        ("CMSG_LEN(0)", Marshal.SizeOf<ControlHeader>()),
        ("offsetof(struct cmsghdr, cmsg_level)", Marshal.OffsetOf<ControlHeader>(nameof(ControlHeader.Level))),
        ("offsetof(struct cmsghdr, cmsg_type)", Marshal.OffsetOf<ControlHeader>(nameof(ControlHeader.Type))),
        ("sizeof(struct statx)", Marshal.SizeOf<FileStatus>()),
        ("offsetof(struct statx, stx_uid)", Marshal.OffsetOf<FileStatus>(nameof(FileStatus.Owner))),
        ("offsetof(struct statx, stx_mode)", Marshal.OffsetOf<FileStatus>(nameof(FileStatus.Mode))),
        ("offsetof(struct statx, stx_ino)", Marshal.OffsetOf<FileStatus>(nameof(FileStatus.Inode))),
        ("offsetof(struct statx, stx_dev_major)", Marshal.OffsetOf<FileStatus>(nameof(FileStatus.DeviceMajor))),
        ("offsetof(struct statx, stx_dev_minor)", Marshal.OffsetOf<FileStatus>(nameof(FileStatus.DeviceMinor))),
        ("sizeof(struct ucred)", 12),
        ("SO_PEERCRED", 17),
        ("AT_FDCWD", Libc.AT_FDCWD),
        ("AT_SYMLINK_NOFOLLOW", Libc.AT_SYMLINK_NOFOLLOW),
        ("STATX_TYPE", Libc.STATX_TYPE),
        ("STATX_MODE", Libc.STATX_MODE),
        ("STATX_UID", Libc.STATX_UID),
        ("STATX_INO", Libc.STATX_INO),
        ("S_IFMT", Libc.S_IFMT),
        ("S_IFSOCK", Libc.S_IFSOCK),
        ("S_IFLNK", Libc.S_IFLNK),
        ("S_IFREG", Libc.S_IFREG),
        ("S_IFDIR", Libc.S_IFDIR),
        ("O_RDONLY", Libc.O_RDONLY),
        ("O_CLOEXEC", Libc.O_CLOEXEC),
        ("LOCK_EX", Libc.LOCK_EX),
        ("LOCK_NB", Libc.LOCK_NB),
        ("AF_UNIX", Libc.AF_UNIX),
        ("SOCK_STREAM", Libc.SOCK_STREAM),
        ("SOCK_DGRAM", Libc.SOCK_DGRAM),
        ("SOCK_RAW", Libc.SOCK_RAW),
        ("SOCK_SEQPACKET", Libc.SOCK_SEQPACKET),
        ("SOCK_CLOEXEC", Libc.SOCK_CLOEXEC),
        ("SOL_SOCKET", Libc.SOL_SOCKET),
        ("SCM_RIGHTS", Libc.SCM_RIGHTS),
        ("MSG_CTRUNC", Libc.MSG_CTRUNC),
        ("MSG_DONTWAIT", Libc.MSG_DONTWAIT),
        ("MSG_NOSIGNAL", Libc.MSG_NOSIGNAL),
        ("MSG_CMSG_CLOEXEC", Libc.MSG_CMSG_CLOEXEC),
        ("EINTR", Errno.EINTR),
        ("EAGAIN", Errno.EAGAIN),
    ];

    [LinuxFact("gcc")]
    public async Task Structures_and_constants_are_those_of_the_headers()
    {
        string[] headers = ["errno.h", "fcntl.h", "sys/file.h", "sys/socket.h", "sys/stat.h", "sys/un.h"];

        IReadOnlyList<long> values = await Headers.EvaluateAsync(headers, s_expected.Select(static row => row.Expression));

        values.Select(static (value, i) => (s_expected[i].Expression, value)).Should().Equal(s_expected);
    }
}
