using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Tcp;

/// <summary>
/// Happy Eyeballs (RFC 8305): the next address is tried when the last one failed or has taken too long; the first that connects wins and
/// the others are closed. One fresh descriptor per attempt.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Attempts that lost use both after the race; neither holds a handle or a timer.")]
internal sealed class ConnectRace
{
    private readonly List<IPEndPoint> _candidates;
    private readonly TcpClientOptions _options;
    private readonly SocketEngine _engine;
    private readonly Deadline _deadline;
    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly Lock _lock = new();
    private readonly List<Attempt> _attempts = [];
    private readonly SemaphoreSlim _changed = new(0);
    private Socket? _winner;

    public ConnectRace(List<IPEndPoint> candidates, TcpClientOptions options, Deadline deadline, CancellationToken cancellationToken)
    {
        _candidates = candidates;
        _options = options;
        _engine = options.EngineOrDefault;
        _deadline = deadline;
        _registration = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _abandon);
    }

    /// <summary>Every attempt that was begun, in order.</summary>
    public IReadOnlyList<ConnectAttempt> Attempts
    {
        get
        {
            lock (_lock)
            {
                return _attempts.ConvertAll(static attempt => attempt.Report());
            }
        }
    }

    /// <summary>Why there is no winner.</summary>
    public SocketError LastError
    {
        get
        {
            lock (_lock)
            {
                return _deadline.HasPassed || _attempts.Count == 0 ? SocketError.TimedOut : _attempts[^1].Error;
            }
        }
    }

    /// <summary>The same in words; empty where the time was over before the first attempt.</summary>
    public string LastWhy
    {
        get
        {
            lock (_lock)
            {
                return _attempts.Count == 0 ? string.Empty : _attempts[^1].Why;
            }
        }
    }

    /// <summary>What the caller's Configure hook threw, or what else is not the network's doing.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Runs on this thread while there is one address, and on a thread per attempt otherwise: no pool thread is needed.</summary>
    public Socket? Run()
    {
        try
        {
            return RunOnThreads();
        }
        catch
        {
            // Thread.Interrupt ended the wait. Nobody will ask for a winner, so the attempts end, and one that has won already is closed.
            Finish()?.Dispose();
            throw;
        }
    }

    /// <summary>The same without blocking a thread.</summary>
    public async Task<Socket?> RunAsync()
    {
        while (BeginNext() is { } attempt)
        {
            _ = RunAttemptAsync(attempt);
            if (await _changed.WaitAsync(StepMilliseconds()).ConfigureAwait(false) && IsOver())
            {
                return Finish();
            }
        }

        while (!IsOver())
        {
            await _changed.WaitAsync(_deadline.NextWaitMilliseconds()).ConfigureAwait(false);
        }

        return Finish();
    }

    /// <summary>Whatever the attempts still under way do; asked for under the lock.</summary>
    private bool IsDecided => _winner is not null || Failure is not null || _deadline.HasPassed || _abandon.IsCancellationRequested;

    private Socket? RunOnThreads()
    {
        while (BeginNext() is { } attempt)
        {
            if (_candidates.Count == 1)
            {
                RunAttempt(attempt);
                return Finish();
            }

            StartAttempt(attempt);
            BlockingWait.Announce();
            if (_changed.Wait(StepMilliseconds()) && IsOver())
            {
                return Finish();
            }
        }

        while (!IsOver())
        {
            _changed.Wait(_deadline.NextWaitMilliseconds());
        }

        return Finish();
    }

    private int StepMilliseconds()
    {
        int left = _deadline.NextWaitMilliseconds();
        return _options.HappyEyeballsDelay == Timeout.InfiniteTimeSpan ? left
            : left < 0 ? (int)_options.HappyEyeballsDelay.TotalMilliseconds
            : Math.Min(left, (int)_options.HappyEyeballsDelay.TotalMilliseconds);
    }

    private Attempt? BeginNext()
    {
        lock (_lock)
        {
            if (_attempts.Count == _candidates.Count || IsDecided)
            {
                return null;
            }

            var attempt = new Attempt(_candidates[_attempts.Count]);
            _attempts.Add(attempt);
            return attempt;
        }
    }

    private bool IsOver()
    {
        lock (_lock)
        {
            return IsDecided || _attempts.TrueForAll(static attempt => attempt.HasEnded) && _attempts.Count == _candidates.Count;
        }
    }

    private Socket? Finish()
    {
        Socket? winner;
        lock (_lock)
        {
            winner = _winner;
            foreach (Attempt attempt in _attempts)
            {
                attempt.End(winner is null ? SocketError.TimedOut : SocketError.OperationAborted);
            }
        }

        _registration.Dispose();
        _abandon.Cancel();
        return winner;
    }

    private void StartAttempt(Attempt attempt)
    {
        try
        {
            new Thread(() => RunAttempt(attempt)) { IsBackground = true, Name = "SocketKit connect" }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            // The runtime's word for "no thread can be made": this address is tried alone, and the others after it.
            RunAttempt(attempt);
        }
    }

    private void RunAttempt(Attempt attempt)
    {
        if (Open(attempt) is { } socket)
        {
            IoResult outcome = IoResult.Failed(SocketError.OperationAborted);
            try
            {
                outcome = _engine.Connect(socket, attempt.EndPoint, _deadline.Remaining(), _abandon.Token);
            }
            catch (Exception exception)
            {
                // Not the network's doing, so it is the caller's to hear, and not this attempt's to swallow.
                NoteFailure(exception);
            }

            Settle(attempt, socket, outcome);
        }
    }

    private async Task RunAttemptAsync(Attempt attempt)
    {
        if (Open(attempt) is { } socket)
        {
            IoResult outcome = IoResult.Failed(SocketError.OperationAborted);
            try
            {
                outcome = await _engine.ConnectAsync(socket, attempt.EndPoint, _abandon.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Not the network's doing, so it is the caller's to hear, and not this attempt's to swallow.
                NoteFailure(exception);
            }

            Settle(attempt, socket, outcome);
        }
    }

    private Socket? Open(Attempt attempt)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(attempt.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            TcpSockets.PrepareForConnect(socket, _options);
            return socket;
        }
        catch (SocketException exception) when (!_options.IsOfConfigure(exception))
        {
            // No descriptor is left, or the local address or an option was refused: the next address may do better.
            lock (_lock)
            {
                attempt.End(exception.SocketErrorCode, cause: socket is null ? null : exception);
            }
        }
        catch (Exception exception)
        {
            // The caller's Configure threw: that is the caller's to hear, not another address's. The failure is noted first: a race whose
            // attempts have all ended looks for it.
            NoteFailure(exception);
            lock (_lock)
            {
                attempt.End(SocketError.OperationAborted);
            }
        }

        _changed.Release();
        return null;
    }

    private void NoteFailure(Exception exception)
    {
        lock (_lock)
        {
            Failure ??= exception;
        }
    }

    private void Settle(Attempt attempt, Socket socket, IoResult outcome)
    {
        if (outcome.IsSuccess && IsSelfConnect(socket))
        {
            outcome = IoResult.Failed(SocketError.ConnectionRefused);
        }

        bool wins = false;
        lock (_lock)
        {
            if (outcome.IsSuccess && _winner is null && attempt.End(SocketError.Success))
            {
                _winner = socket;
                wins = true;
            }
            else
            {
                attempt.End(outcome.Status switch
                {
                    ChannelStatus.Failed => outcome.Error,
                    ChannelStatus.DeadlinePassed => SocketError.TimedOut,
                    _ => SocketError.OperationAborted,
                });
            }
        }

        if (!wins)
        {
            socket.Dispose();
        }

        _changed.Release();
    }

    /// <summary>A connect to a closed ephemeral port can meet itself (simultaneous open, RFC 9293 section 3.5): nobody listens there.</summary>
    private static bool IsSelfConnect(Socket socket)
    {
        try
        {
            // Both are null when the peer has reset the connection meanwhile.
            return socket.LocalEndPoint is { } local && local.Equals(socket.RemoteEndPoint);
        }
        catch (SocketException)
        {
            // The peer has reset the connection already; the first receive will tell.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // Another address has won meanwhile, and this attempt was closed.
            return false;
        }
    }

    /// <summary>One address; ends once, under the lock of the race.</summary>
    private sealed class Attempt(IPEndPoint endPoint)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private TimeSpan _elapsed;
        private SocketException? _cause;

        public IPEndPoint EndPoint => endPoint;

        public bool HasEnded { get; private set; }

        public SocketError Error { get; private set; }

        public string Why { get; private set; } = string.Empty;

        public bool End(SocketError error, SocketException? cause = null)
        {
            if (HasEnded)
            {
                return false;
            }

            HasEnded = true;
            Error = error;
            _elapsed = Stopwatch.GetElapsedTime(_started);
            if (error != SocketError.Success)
            {
                Why = cause?.Message ?? ConnectWords.Why(error, endPoint);
                _cause = cause ?? Faults.Attempt(error, Words(error), endPoint);
            }

            return true;
        }

        public ConnectAttempt Report() => new(endPoint, _cause, _elapsed);

        private string Words(SocketError error) => error == SocketError.OperationAborted
            ? $"connect to {endPoint} was given up, because another address was faster."
            : $"connect to {endPoint} failed: {Why}";
    }
}
