namespace SocketKit.Engine.Platform;

/// <summary>The result of lstat(2) for a path. Device and inode together identify the file while a socket is bound to it.</summary>
internal readonly record struct SocketFile(FileKind Kind, UnixFileMode Mode, uint Owner, ulong Device, ulong Inode)
{
    public bool IsSameAs(SocketFile other) => Device == other.Device && Inode == other.Inode;
}
