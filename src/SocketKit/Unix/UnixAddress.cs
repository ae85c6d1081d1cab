using System.Net.Sockets;
using System.Text;

namespace SocketKit.Unix;

/// <summary>A checked path or abstract name, before any system call has seen it.</summary>
internal sealed class UnixAddress
{
    // sockaddr_un: 108 bytes on Linux and Windows, 104 on macOS and the BSDs, one of them for the closing NUL.
    private const int LinuxBytes = 107;
    private const int BsdBytes = 103;

    // Strict: half a surrogate pair has no bytes, and a replacement character would name another file.
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private UnixAddress(string text)
    {
        Text = text;
        EndPoint = new UnixDomainSocketEndPoint(text);
    }

    /// <summary>The longest path, in UTF-8.</summary>
    public static int MostBytes => OperatingSystem.IsLinux() || OperatingSystem.IsWindows() ? LinuxBytes : BsdBytes;

    /// <summary>The path, or NUL and the abstract name.</summary>
    public string Text { get; }

    public bool IsAbstract => Text[0] == '\0';

    public UnixDomainSocketEndPoint EndPoint { get; }

    public static UnixAddress Parse(string path, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(path, name);
        bool isAbstract = path[0] == '\0';
        int length = s_encoding.GetByteCount(isAbstract ? path.AsSpan(1) : path);
        if (length > MostBytes)
        {
            throw new ArgumentOutOfRangeException(name, path, $"The path of a Unix socket has at most {MostBytes} bytes in UTF-8; this one has {length}.");
        }

        if (isAbstract && !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Abstract names of Unix sockets exist on Linux only.");
        }

        return isAbstract || !path.Contains('\0', StringComparison.Ordinal)
            ? new UnixAddress(path)
            : throw new ArgumentException("A path cannot contain NUL; an abstract name starts with it.", name);
    }

    /// <summary>A path as it is, an abstract name with @ in front, as ss(8) and .NET show it.</summary>
    public override string ToString() => EndPoint.ToString();
}
