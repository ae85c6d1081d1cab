using System.Diagnostics;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>
/// The server. Each frame asks the poller once who has something to say, and pays for those only. A player moves by one byte, and gets its
/// position back.
/// </summary>
internal sealed class World : IDisposable
{
    private const int Looks = 200;

    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(10);

    private readonly TcpServer _server;
    private readonly SocketPoller _poller = new();
    private readonly ReadySocket[] _ready = new ReadySocket[256];
    private readonly HashSet<Player> _players = [];
    private readonly byte[] _input = new byte[256];
    private int _frames;
    private int _moves;

    public World(TcpServer server)
    {
        _server = server;
        _poller.Add(server, Readiness.Readable);
    }

    public int Population => _players.Count;

    /// <summary>Frame by frame, until the condition holds.</summary>
    public void Run(Func<bool> isOver)
    {
        while (!isOver())
        {
            long start = Stopwatch.GetTimestamp();
            HandleWhatCame();
            _frames++;

            // Here the world would move. What is left of the frame is slept; what comes meanwhile waits in the kernel.
            TimeSpan rest = s_frame - Stopwatch.GetElapsedTime(start);
            if (rest > TimeSpan.Zero)
            {
                Thread.Sleep(rest);
            }
        }
    }

    /// <summary>What it costs to find out that nobody has said anything: one wait, or one receive for each player.</summary>
    public void Compare()
    {
        byte[] buffer = new byte[16];
        double each = BestOf(() =>
        {
            foreach (Player player in _players)
            {
                player.Connection.TryReceive(buffer, out _);
            }
        });
        double once = BestOf(() => _poller.Wait(_ready, TimeSpan.Zero));
        Bilingual.WriteLine(
            $"[世界] {Population} 个玩家都沉默的一帧: 逐个 TryReceive {each:0.0} µs, 一次 Wait {once:0.0} µs",
            $"[world] a frame in which none of {Population} players speaks: TryReceive on each {each:0.0} µs, one Wait {once:0.0} µs");
    }

    public void Report() => Bilingual.WriteLine(
        $"[世界] 一个线程, {_frames} 帧, {_moves} 次移动, 所有玩家都已离开",
        $"[world] one thread, {_frames} frames, {_moves} moves, and all players have left");

    public void Dispose()
    {
        _poller.Dispose();
        foreach (Player player in _players)
        {
            player.Connection.Dispose();
        }
    }

    private static double BestOf(Action look)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Looks; i++)
        {
            long start = Stopwatch.GetTimestamp();
            look();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return best;
    }

    private void HandleWhatCame()
    {
        int count;
        do
        {
            // Zero only looks. If more are ready than fit, the next look begins with the others.
            count = _poller.Wait(_ready, TimeSpan.Zero);
            foreach (ReadySocket found in _ready.AsSpan(0, count))
            {
                if (found.State is Player player)
                {
                    Handle(player);
                }
                else
                {
                    WelcomeAll();
                }
            }
        }
        while (count == _ready.Length);
    }

    private void WelcomeAll()
    {
        while (_server.TryAccept(out TcpConnection? connection))
        {
            var player = new Player(connection);
            _players.Add(player);

            // Each report hands the player back, so no table is needed.
            _poller.Add(connection, Readiness.Readable, player);
        }
    }

    private void Handle(Player player)
    {
        try
        {
            // False: a report is a hint, and nothing came after all. True and 0 bytes: the player has left.
            if (!player.Connection.TryReceive(_input, out int received))
            {
                return;
            }

            foreach (byte move in _input.AsSpan(0, received))
            {
                player.Move(move);
                _moves++;
            }

            // Never waits. A player whose buffers are full does not listen, and has to go.
            if (received > 0 && player.Connection.TrySend(player.Position, out int sent) && sent == player.Position.Length)
            {
                return;
            }
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // The player has gone without a word.
        }

        // It leaves the poller by itself.
        player.Connection.Dispose();
        _players.Remove(player);
    }
}
