namespace SocketKit.Engine.Platform;

/// <summary>What lstat(2) tells about the file at a path. Device and inode together identify it while a socket is bound to it.</summary>
internal readonly record struct SocketFile(FileKind Kind, UnixFileMode Mode, uint Owner, ulong Device, ulong Inode)
{
    public bool IsSameAs(SocketFile other) => Device == other.Device && Inode == other.Inode;
}
