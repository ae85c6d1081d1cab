namespace SocketKit.Engine.Linux.Connections;

/// <summary>A direction of a stream. The value is the shift of its bits in <see cref="DescriptorState{TStep}"/>.</summary>
internal enum Direction
{
    Receive = 0,
    Send = 8,
}
