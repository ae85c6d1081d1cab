namespace SocketKit.Engine.Linux.Connections;

/// <summary>The directions whose waiting operation the caller has claimed.</summary>
[Flags]
internal enum Claims
{
    None = 0,
    Receive = 1,
    Send = 2,
}
