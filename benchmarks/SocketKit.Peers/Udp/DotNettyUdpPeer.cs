using System.Net;
using DotNetty.Transport.Bootstrapping;
using DotNetty.Transport.Channels;
using DotNetty.Transport.Channels.Sockets;

namespace SocketKit.Peers;

/// <summary>
/// DotNetty's datagram channel. Docs: the project's own example "QuoteOfTheMoment.Server" (Azure/DotNetty,
/// examples/QuoteOfTheMoment.Server/Program.cs and QuoteOfTheMomentServerHandler.cs), with a larger queue in the kernel.
/// </summary>
internal sealed class DotNettyUdpPeer : Peer
{
    /// <summary>
    /// The default of its datagram channel: a longer datagram is cut off (Azure/DotNetty, DefaultDatagramChannelConfig.cs).
    /// </summary>
    private const int DefaultBuffer = 2048;

    /// <summary>As SocketKit.Load has it, so that a burst is not lost in a small queue.</summary>
    private const int QueueBytes = 4 << 20;

    private readonly MultithreadEventLoopGroup _group = new();

    public override string Engine => Describe("DotNetty", typeof(Bootstrap));

    public override int BufferSize => DefaultBuffer;

    public override async Task<EndPoint> StartAsync(IPEndPoint local)
    {
        IChannel bound = await new Bootstrap()
            .Group(_group)
            .ChannelFactory(() => new SocketDatagramChannel(local.AddressFamily))
            .Option(ChannelOption.SoRcvbuf, QueueBytes)
            .Option(ChannelOption.SoSndbuf, QueueBytes)
            .Handler(new ActionChannelInitializer<IChannel>(static channel => channel.Pipeline.AddLast("echo", new EchoHandler())))
            .BindAsync(local);
        return bound.LocalAddress;
    }

    public override async ValueTask DisposeAsync() =>
        await _group.ShutdownGracefullyAsync(TimeSpan.Zero, TimeSpan.FromSeconds(1));

    private sealed class EchoHandler : ChannelHandlerAdapter
    {
        public override void ChannelRead(IChannelHandlerContext context, object message)
        {
            // The buffer goes back with the answer, which releases it.
            var received = (DatagramPacket)message;
            context.WriteAsync(new DatagramPacket(received.Content, received.Sender));
        }

        public override void ChannelReadComplete(IChannelHandlerContext context) => context.Flush();

        public override void ExceptionCaught(IChannelHandlerContext context, Exception exception)
        {
            // One datagram has failed; those of the other senders go on.
        }
    }
}
