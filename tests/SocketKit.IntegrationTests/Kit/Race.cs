using System.Collections.Concurrent;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Two threads that meet at a barrier, round after round, and then do one thing each. What they do may block or return a task; the round
/// is over when both have ended, and fails when one hangs.
/// </summary>
internal sealed class Race : IDisposable
{
    public const int Rounds = 1000;

    /// <summary>The two start at most this many spins apart, differently in each round.</summary>
    private const int MostSpins = 400;

    private static readonly TimeSpan s_watchdog = TimeSpan.FromSeconds(5);

    private readonly Barrier _barrier = new(2);
    private readonly Runner _first;
    private readonly Runner _second;

    public Race()
    {
        _first = new Runner(_barrier, seed: 1);
        _second = new Runner(_barrier, seed: 2);
    }

    /// <summary>Runs one round and gives back what each side threw.</summary>
    public async Task<(Exception? First, Exception? Second)> MeetAsync(Func<Task> first, Func<Task> second)
    {
        Task<Exception?> one = _first.Post(first);
        Task<Exception?> two = _second.Post(second);
        return (await one.WaitAsync(s_watchdog), await two.WaitAsync(s_watchdog));
    }

    public Task<(Exception? First, Exception? Second)> MeetAsync(Action first, Action second) => MeetAsync(Call(first), Call(second));

    /// <summary>A blocking call as one side of a race.</summary>
    public static Func<Task> Call(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _barrier.Dispose();
    }

    private sealed class Runner : IDisposable
    {
        private readonly BlockingCollection<(Func<Task> Work, TaskCompletionSource<Exception?> Ended)> _rounds = [];
        private readonly Barrier _barrier;
        private readonly Random _random;
        private readonly Thread _thread;

        public Runner(Barrier barrier, int seed)
        {
            _barrier = barrier;
            _random = new Random(seed);
            _thread = new Thread(Run) { IsBackground = true, Name = "race" };
            _thread.Start();
        }

        public Task<Exception?> Post(Func<Task> work)
        {
            var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _rounds.Add((work, ended));
            return ended.Task;
        }

        public void Dispose()
        {
            _rounds.CompleteAdding();
            if (_thread.Join(s_watchdog))
            {
                _rounds.Dispose();
            }
        }

        private void Run()
        {
            foreach ((Func<Task> work, TaskCompletionSource<Exception?> ended) in _rounds.GetConsumingEnumerable())
            {
                _barrier.SignalAndWait();
                Thread.SpinWait(_random.Next(MostSpins));
                _ = FollowAsync(work, ended);
            }
        }

        private static async Task FollowAsync(Func<Task> work, TaskCompletionSource<Exception?> ended)
        {
            try
            {
                await work().ConfigureAwait(false);
                ended.SetResult(null);
            }
            catch (Exception exception)
            {
                // The test judges it.
                ended.SetResult(exception);
            }
        }
    }
}
