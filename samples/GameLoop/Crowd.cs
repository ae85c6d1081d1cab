using SocketKit;

/// <summary>
/// Many players on one thread, which waits for all of them at once. Each sends a move when the answer to the last one is there.
/// </summary>
internal sealed class Crowd : IDisposable
{
    private const int Moves = 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly SocketPoller _poller = new();
    private readonly List<TcpClient> _clients = [];

    public void Join(string host, int port, int players)
    {
        for (int i = 0; i < players; i++)
        {
            TcpClient client = TcpClient.Connect(host, port);
            _clients.Add(client);
            _poller.Add(client, Readiness.Readable, new Turn());
        }

        Bilingual.WriteLine($"[玩家] {players} 个玩家已加入", $"[players] {players} players have joined");
    }

    public void Play()
    {
        _clients.ForEach(static client => client.Send("d"));
        var ready = new ReadySocket[64];
        byte[] position = new byte[2];
        int right = 0;
        while (_poller.Count > 0)
        {
            int count = _poller.Wait(ready, s_patience);
            if (count == 0)
            {
                throw new TimeoutException("The world does not answer.");
            }

            foreach (ReadySocket found in ready.AsSpan(0, count))
            {
                var client = (TcpClient)found.Socket;
                var turn = (Turn)found.State!;
                client.ReceiveExactly(position);
                if (++turn.Number < Moves)
                {
                    client.Send("d");
                    continue;
                }

                right += position[0] == Moves ? 1 : 0;
                client.Dispose();
            }
        }

        Bilingual.WriteLine(
            $"[玩家] {right} 个玩家各走了 {Moves} 步, 位置都对, 然后离开",
            $"[players] {right} players have made {Moves} moves each, are where they should be, and leave");
    }

    public void Dispose()
    {
        _poller.Dispose();
        _clients.ForEach(static client => client.Dispose());
    }

    private sealed class Turn
    {
        public int Number { get; set; }
    }
}
