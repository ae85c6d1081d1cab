namespace SocketKit.Engine.Linux.Connections;

/// <summary>One of the two ways of a stream. The value is where its bits begin in the connection word.</summary>
internal enum Direction
{
    Receive = 0,
    Send = 8,
}
