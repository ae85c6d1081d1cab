namespace SocketKit.Engine.Linux.Connections;

/// <summary>The directions whose waiting operation now belongs to the caller.</summary>
[Flags]
internal enum Claims
{
    None = 0,
    Receive = 1,
    Send = 2,
}
