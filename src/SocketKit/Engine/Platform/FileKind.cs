namespace SocketKit.Engine.Platform;

/// <summary>The kind of file at a path.</summary>
internal enum FileKind
{
    Socket,
    Regular,
    Directory,
    SymbolicLink,
    Other,
}
