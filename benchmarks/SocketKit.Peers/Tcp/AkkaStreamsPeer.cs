using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.IO;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace SocketKit.Peers;

/// <summary>
/// Akka.Streams with a flow that gives back what it gets. Docs: "Working with streaming IO", "Accepting connections: Echo Server"
/// (akkadotnet/akka.net, docs/articles/streams/workingwithstreamingio.md). TCP_NODELAY is set, the backlog raised from 100.
/// </summary>
internal sealed class AkkaStreamsPeer : Peer
{
    private readonly ActorSystem _system = ActorSystem.Create("echo", "akka { loglevel = OFF, stdout-loglevel = OFF }");

    public override string Engine => Describe("Akka.Streams", typeof(ActorMaterializer));

    public override int BufferSize => (int)(_system.Settings.Config.GetByteSize("akka.io.tcp.direct-buffer-size") ?? 0);

    public override async Task<EndPoint> StartAsync(IPEndPoint local)
    {
        Flow<ByteString, ByteString, NotUsed> echo = Flow.Create<ByteString>();
        Akka.Streams.Dsl.Tcp.ServerBinding binding = await _system.TcpStream().BindAndHandle(
            echo,
            _system.Materializer(),
            local.Address.ToString(),
            local.Port,
            Backlog,
            ImmutableList.Create<Inet.SocketOption>(new NoDelay()));
        return binding.LocalAddress;
    }

    public override async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        _system.Dispose();
    }

    private sealed class NoDelay : Inet.SocketOption
    {
        public override void AfterConnect(Socket s) => s.NoDelay = true;
    }
}
