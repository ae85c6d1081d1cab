using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>The file that bind(2) made. It is deleted only while it is still that file.</summary>
internal sealed class BoundFile
{
    // Absolute, and not normalised: the current directory may change, and a/../b may lead elsewhere than b.
    private readonly string _path;
    private readonly SocketFile? _identity;

    private BoundFile(string path, SocketFile? identity)
    {
        _path = path;
        _identity = identity;
    }

    public static BoundFile At(string path) => new(
        Path.IsPathRooted(path) ? path : Path.Combine(Environment.CurrentDirectory, path),
        SocketFiles.CanIdentify ? SocketFiles.Look(path) : null);

    /// <summary>Before listen(2), until which nobody can connect: adds what the umask took away, or sets the mode where only files have one.</summary>
    public void CompleteMode(UnixFileMode mode, bool wasSetBeforeBind)
    {
        if (!OperatingSystem.IsWindows() && (!wasSetBeforeBind || _identity is { } made && made.Mode != mode))
        {
            File.SetUnixFileMode(_path, mode);
        }
    }

    /// <summary>
    /// Before the socket is closed: as long as it is open its inode is not used again, so nobody else's file can be taken for ours. Never throws.
    /// </summary>
    public void Delete()
    {
        if (!SocketFiles.CanIdentify)
        {
            DeleteByName();
        }
        else if (_identity is { } ours && SocketFiles.Look(_path) is { } found && found.IsSameAs(ours))
        {
            SocketFiles.Delete(_path);
        }
    }

    private void DeleteByName()
    {
        try
        {
            File.Delete(_path);
        }
        catch (IOException)
        {
            // The directory is gone, and the file with it.
        }
        catch (UnauthorizedAccessException)
        {
            // The right to the directory was withdrawn: the file stays.
        }
    }
}
