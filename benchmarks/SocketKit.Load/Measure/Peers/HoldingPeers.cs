using System.Buffers.Binary;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>
/// Connections that say nothing; or that have announced a message of which they send one byte now and then, each at its own time.
/// </summary>
internal sealed class HoldingPeers(List<Socket> sockets, TimeSpan every)
{
    /// <summary>Of the message behind its length.</summary>
    private const int MessageSize = 1000;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _frame = new byte[sizeof(int) + MessageSize];
    private readonly long[] _sent = new long[sockets.Count];
    private long _bytes;

    /// <summary>Ends with standard input.</summary>
    /// <returns>Always true: connections that the server has closed are counted, and it may be right to.</returns>
    public static bool Run(Arguments arguments, CancellationToken cancellationToken)
    {
        int port = arguments.Port;
        int connections = arguments.Integer("connections", 1, 1_000_000);
        TimeSpan every = arguments.Seconds("every", 0);
        arguments.RefuseOthers();

        List<Socket> sockets = PeerSockets.Open(port, connections, 0, cancellationToken);
        var peers = new HoldingPeers(sockets, every);
        peers.Hold(new StandardInput(true), cancellationToken);

        // Readable although nobody sends: the end, or an error.
        int closed = sockets.Count(static socket => socket.Poll(0, SelectMode.SelectRead));
        Console.WriteLine($"peers_hold bytes={peers._bytes} closed={closed} errors=0");
        sockets.ForEach(static socket => socket.Dispose());
        return true;
    }

    private void Hold(StandardInput input, CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteInt32BigEndian(_frame, MessageSize);
        bool drips = every > TimeSpan.Zero;
        for (int i = 0; drips && i < sockets.Count; i++)
        {
            Send(i, sizeof(int));
        }

        long step = Clock.Of(every) / sockets.Count;
        long due = Clock.Now;
        for (int next = 0; !input.HasCome;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!drips || Clock.Now < due)
            {
                Thread.Sleep(drips ? WaitFor(due) : s_look);
                continue;
            }

            Send(next, 1);
            next = (next + 1) % sockets.Count;
            due += step;
        }
    }

    private static TimeSpan WaitFor(long due)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling((double)(due - Clock.Now) / Clock.Millisecond));
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait < s_look ? wait : s_look;
    }

    /// <summary>The next bytes of a message, and behind its end those of another one.</summary>
    private void Send(int number, int count)
    {
        int at = (int)(_sent[number] % _frame.Length);
        int sent = sockets[number].Send(_frame.AsSpan(at, count), SocketFlags.None, out _);

        // A connection that the server has closed takes nothing more.
        _sent[number] += sent;
        _bytes += sent;
    }
}
