namespace SocketKit.Engine.Platform;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    Socket,
    Regular,
    Directory,
    SymbolicLink,
    Other,
}
