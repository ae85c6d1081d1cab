using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>
/// Connections that receive numbered messages, and some between them that never receive. One thread looks at them in turn and sleeps
/// while nothing comes, so that reading costs as little as it can, and a sender never pays for waking a reader up.
/// </summary>
internal static class ReadingPeers
{
    private const int BytesAtOnce = 64 * 1024;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Ends when the server has closed all connections that read.</summary>
    /// <returns>Whether they got every message before.</returns>
    public static bool Run(Arguments arguments, CancellationToken cancellationToken)
    {
        int port = arguments.Port;
        int connections = arguments.Integer("connections", 1, 120_000);
        int silent = arguments.Integer("silent", 0, connections, 0);
        var messages = new NumberedMessages(arguments.Integer("size", NumberedMessages.SmallestSize, 65536));
        int receiveBuffer = arguments.Integer("receive-buffer", 0, 1 << 30, 0);
        var tally = new ReadingTally(arguments.Integer("first", 0, int.MaxValue, 0));
        arguments.RefuseOthers();

        List<Socket> sockets = PeerSockets.Open(port, connections, receiveBuffer, cancellationToken);
        var quiet = new List<Socket>(silent);
        var peers = new List<ReadingPeer>(connections - silent);
        for (int i = 0; i < connections; i++)
        {
            // Evenly spread among the others.
            bool isSilent = (long)(i + 1) * silent / connections > (long)i * silent / connections;
            if (isSilent)
            {
                quiet.Add(sockets[i]);
            }
            else
            {
                peers.Add(new ReadingPeer(sockets[i], messages));
            }
        }

        ReadToTheEnd(peers, tally, cancellationToken);
        Console.WriteLine($"peers_read {tally} reset={quiet.Count(IsReset)}");
        sockets.ForEach(static socket => socket.Dispose());
        return tally.Errors == 0;
    }

    /// <summary>All wait for the same message. Those that have it are not looked at again until the others have it, too.</summary>
    private static void ReadToTheEnd(List<ReadingPeer> peers, ReadingTally tally, CancellationToken cancellationToken)
    {
        long number = 0;
        while (peers.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool hasReceived = false;
            bool isComplete = true;
            bool hasEnded = false;
            foreach (ReadingPeer peer in peers)
            {
                if (peer.Next > number)
                {
                    continue;
                }

                hasReceived |= peer.Receive(tally);
                hasEnded |= peer.HasEnded;
                isComplete &= peer.Next > number || peer.HasEnded;
            }

            if (hasEnded)
            {
                peers.RemoveAll(static peer => peer.HasEnded);
            }

            if (isComplete)
            {
                number++;
            }
            else if (!hasReceived)
            {
                Thread.Sleep(s_pause);
            }
        }
    }

    /// <summary>Whether the server has reset the connection; what had come before is still there to read.</summary>
    private static bool IsReset(Socket socket)
    {
        socket.Blocking = false;
        byte[] rest = new byte[BytesAtOnce];
        SocketError error;
        while (socket.Receive(rest, 0, rest.Length, SocketFlags.None, out error) > 0)
        {
            // Bytes that nobody wanted.
        }

        return error == SocketError.ConnectionReset;
    }
}
