using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>The socket file that bind(2) made. It is deleted only if the path still names this file.</summary>
internal sealed class BoundFile
{
    // The path is absolute, because the current directory may change. It is not normalised, because a/../b may lead elsewhere than b.
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

    /// <summary>
    /// Adds the permission bits that the umask removed, or sets the whole mode on systems where only files have one. Call it before
    /// listen(2): until then nobody can connect.
    /// </summary>
    public void CompleteMode(UnixFileMode mode, bool wasSetBeforeBind)
    {
        if (!OperatingSystem.IsWindows() && (!wasSetBeforeBind || _identity is { } made && made.Mode != mode))
        {
            File.SetUnixFileMode(_path, mode);
        }
    }

    /// <summary>
    /// Deletes the file if it is still this one; never throws. Call it before the socket is closed: while it is open, its inode cannot be
    /// reused, so no other file can be mistaken for it.
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
            // The directory is no longer writable, so the file stays.
        }
    }
}
