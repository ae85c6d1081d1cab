using System.Net.Sockets;

namespace SocketKit.Engine;

/// <summary>The outcome of moving bytes: how it ended, how many bytes moved before that, and the system's code if it failed.</summary>
internal readonly struct IoResult(int count, ChannelStatus status = ChannelStatus.Success, SocketError error = SocketError.Success)
{
    public int Count { get; } = count;

    public ChannelStatus Status { get; } = status;

    public SocketError Error { get; } = error;

    public bool IsSuccess => Status == ChannelStatus.Success;

    public static IoResult Ended(ChannelStatus status, int count = 0) => new(count, status);

    public static IoResult Failed(SocketError error, int count = 0) => new(count, ChannelStatus.Failed, error);
}
