using System.Net;
using DotNetty.Transport.Bootstrapping;
using DotNetty.Transport.Channels;
using DotNetty.Transport.Channels.Sockets;

namespace SocketKit.Peers;

/// <summary>
/// DotNetty with one loop that accepts and its default number of loops that serve. Docs: the project's own example "Echo.Server"
/// (Azure/DotNetty, examples/Echo.Server/Program.cs and EchoServerHandler.cs), without its framing, which is not part of an echo, and
/// without its logging. TCP_NODELAY is set, the backlog raised from 100.
/// </summary>
internal sealed class DotNettyPeer : Peer
{
    /// <summary>Receive buffers adapt up to this size (Azure/DotNetty, AdaptiveRecvByteBufAllocator.cs).</summary>
    private const int LargestBuffer = 65536;

    private readonly MultithreadEventLoopGroup _accepting = new(1);
    private readonly MultithreadEventLoopGroup _serving = new();

    public override string Engine => Describe("DotNetty", typeof(ServerBootstrap));

    public override int BufferSize => LargestBuffer;

    public override async Task<EndPoint> StartAsync(IPEndPoint local)
    {
        IChannel bound = await new ServerBootstrap()
            .Group(_accepting, _serving)
            .ChannelFactory(() => new TcpServerSocketChannel(local.AddressFamily))
            .Option(ChannelOption.SoBacklog, Backlog)
            .ChildOption(ChannelOption.TcpNodelay, true)
            .ChildHandler(new ActionChannelInitializer<IChannel>(static channel => channel.Pipeline.AddLast("echo", new EchoHandler())))
            .BindAsync(local);
        return bound.LocalAddress;
    }

    public override async ValueTask DisposeAsync() => await Task.WhenAll(
        _accepting.ShutdownGracefullyAsync(TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        _serving.ShutdownGracefullyAsync(TimeSpan.Zero, TimeSpan.FromSeconds(1)));

    private sealed class EchoHandler : ChannelHandlerAdapter
    {
        public override void ChannelRead(IChannelHandlerContext context, object message) => context.WriteAsync(message);

        public override void ChannelReadComplete(IChannelHandlerContext context) => context.Flush();

        public override void ExceptionCaught(IChannelHandlerContext context, Exception exception) => context.CloseAsync();
    }
}
