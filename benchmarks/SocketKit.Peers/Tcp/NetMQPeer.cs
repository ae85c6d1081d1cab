using System.Net;
using NetMQ;
using NetMQ.Sockets;

namespace SocketKit.Peers;

/// <summary>
/// NetMQ's STREAM socket, which speaks plain TCP: each message is the identity of a connection and bytes of it. Docs: "Poller"
/// (zeromq/netmq, docs/poller.md) for the loop, "Receiving / Sending" (docs/receiving-sending.md) for <see cref="Msg"/>, the calls without
/// copies, and StreamTests.cs (src/NetMQ.Tests) for the two frames.
/// </summary>
internal sealed class NetMQPeer : Peer
{
    /// <summary>What one receive takes (zeromq/netmq, Config.cs, InBatchSize).</summary>
    private const int BatchBytes = 8192;

    /// <summary>Messages that are answered before the poller looks at its other work.</summary>
    private const int MostInTurn = 1000;

    private readonly StreamSocket _socket = new();
    private NetMQPoller? _poller;
    private Msg _identity;
    private Msg _bytes;

    public override string Engine => Describe("NetMQ", typeof(StreamSocket));

    public override int BufferSize => BatchBytes;

    public override Task<EndPoint> StartAsync(IPEndPoint local)
    {
        _identity.InitEmpty();
        _bytes.InitEmpty();
        _socket.Options.Backlog = Backlog;
        int port = local.Port;
        if (port == 0)
        {
            port = _socket.BindRandomPort($"tcp://{local.Address}");
        }
        else
        {
            _socket.Bind($"tcp://{local}");
        }

        _socket.ReceiveReady += (_, ready) => EchoAll(ready.Socket);
        _poller = new NetMQPoller { _socket };
        _poller.RunAsync();
        return Task.FromResult<EndPoint>(new IPEndPoint(local.Address, port));
    }

    public override ValueTask DisposeAsync()
    {
        // The poller stops before its socket is closed.
        _poller?.Dispose();
        _socket.Dispose();
        NetMQConfig.Cleanup(block: false);
        return ValueTask.CompletedTask;
    }

    private void EchoAll(NetMQSocket socket)
    {
        for (int i = 0; i < MostInTurn && socket.TryReceive(ref _identity, TimeSpan.Zero); i++)
        {
            socket.Receive(ref _bytes);

            // A message without bytes tells that a connection has come or gone; sent, it would close it.
            if (_bytes.Size > 0)
            {
                Send(socket);
            }
        }
    }

    private void Send(NetMQSocket socket)
    {
        try
        {
            socket.Send(ref _identity, more: true);
            socket.Send(ref _bytes, more: false);
        }
        catch (HostUnreachableException)
        {
            // The connection has gone in the meantime.
        }
    }
}
