using System.Net;
using System.Text;
using DotNetty.Buffers;
using DotNetty.Codecs;
using DotNetty.Transport.Bootstrapping;
using DotNetty.Transport.Channels;
using DotNetty.Transport.Channels.Sockets;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/migration-libraries.md that uses DotNetty, compiled.</summary>
internal static class MigrationDotNettySnippets
{
    public static async Task<IChannel> Listen(IEventLoopGroup accepting, IEventLoopGroup serving)
    {
        IChannel listening = await new ServerBootstrap()
            .Group(accepting, serving)
            .Channel<TcpServerSocketChannel>()
            .ChildOption(ChannelOption.TcpNodelay, true)
            .ChildHandler(new ActionChannelInitializer<IChannel>(static channel => channel.Pipeline
                .AddLast(new LengthFieldPrepender(4))
                .AddLast(new LengthFieldBasedFrameDecoder(1024 * 1024, 0, 4, 0, 4))
                .AddLast(new AnswerHandler())))
            .BindAsync(IPAddress.Loopback, 0);
        return listening;
    }

    public sealed class AnswerHandler : SimpleChannelInboundHandler<IByteBuffer>
    {
        public override void ChannelReadComplete(IChannelHandlerContext context) => context.Flush();

        public override void ExceptionCaught(IChannelHandlerContext context, Exception exception) => context.CloseAsync();

        protected override void ChannelRead0(IChannelHandlerContext context, IByteBuffer request)
        {
            string text = request.ToString(Encoding.UTF8);
            context.WriteAsync(Unpooled.WrappedBuffer(Encoding.UTF8.GetBytes(text.ToUpperInvariant())));
        }
    }
}
