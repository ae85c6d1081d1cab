using System.Net.Sockets;
using System.Text;

namespace SocketKit.Unix;

/// <summary>A path or abstract name that was checked before any system call.</summary>
internal sealed class UnixAddress
{
    // sun_path has 108 bytes on Linux and Windows, and 104 on macOS and the BSDs, including the final NUL.
    private const int LinuxBytes = 107;
    private const int BsdBytes = 103;

    // Strict, because a lone surrogate has no UTF-8 form, and a replacement character would name another file.
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private UnixAddress(string text)
    {
        Text = text;
        EndPoint = new UnixDomainSocketEndPoint(text);
    }

    /// <summary>The longest path, in bytes of UTF-8.</summary>
    public static int MostBytes => OperatingSystem.IsLinux() || OperatingSystem.IsWindows() ? LinuxBytes : BsdBytes;

    /// <summary>The path, or NUL followed by the abstract name.</summary>
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
            throw new ArgumentOutOfRangeException(
                name, path, $"The path of a Unix socket has at most {MostBytes} bytes in UTF-8; this one has {length}.");
        }

        if (isAbstract && !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Abstract names of Unix sockets exist on Linux only.");
        }

        return isAbstract || !path.Contains('\0', StringComparison.Ordinal)
            ? new UnixAddress(path)
            : throw new ArgumentException("A path cannot contain NUL; an abstract name starts with it.", name);
    }

    /// <summary>Returns the path, or the abstract name after an @, as ss(8) and .NET show it.</summary>
    public override string ToString() => EndPoint.ToString();
}
