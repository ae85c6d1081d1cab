using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Tcp;

/// <summary>
/// Happy Eyeballs (RFC 8305): the next address is tried when the last attempt has failed or has taken too long. The first connection wins,
/// and the others are closed. Each attempt uses a new descriptor.
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

    /// <summary>All attempts so far, in the order of their start.</summary>
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

    /// <summary>The error of the race when there is no winner.</summary>
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

    /// <summary>The last attempt's error as messages show it; empty where the deadline passed before the first attempt.</summary>
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

    /// <summary>An exception that is not a network error, for example from the caller's Configure.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>
    /// Runs the race without the thread pool: on the calling thread if there is one address, otherwise on one thread per attempt.
    /// </summary>
    public Socket? Run()
    {
        try
        {
            return RunOnThreads();
        }
        catch
        {
            // Thread.Interrupt ended the wait. Nobody will ask for the winner, so end the attempts and close a winner if there is one.
            Finish()?.Dispose();
            throw;
        }
    }

    /// <summary>Runs the race without blocking a thread.</summary>
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

    /// <summary>Whether the attempts in progress can no longer change the result. Guarded by the lock.</summary>
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
            // The runtime throws this when it cannot create a thread. Try this address on the calling thread, before the next ones.
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
                // This is not a network error, so the caller gets it instead of a failed attempt.
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
                // This is not a network error, so the caller gets it instead of a failed attempt.
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
            // No descriptor is left, or the system refused the local address or an option. Another address may succeed.
            lock (_lock)
            {
                attempt.End(exception.SocketErrorCode, cause: socket is null ? null : exception);
            }
        }
        catch (Exception exception)
        {
            // Configure threw. The caller gets that exception, and no other address is tried.
            // The failure is noted before the attempt ends: a race whose attempts have all ended looks for it.
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

    /// <summary>
    /// Whether the socket is connected to itself, which happens with a closed ephemeral port (simultaneous open, RFC 9293 section 3.5).
    /// Then nobody listens there.
    /// </summary>
    private static bool IsSelfConnect(Socket socket)
    {
        try
        {
            // Both endpoints are null if the peer has already reset the connection.
            return socket.LocalEndPoint is { } local && local.Equals(socket.RemoteEndPoint);
        }
        catch (SocketException)
        {
            // The peer has already reset the connection; the first receive will report it.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // Another address has won, and this attempt was closed.
            return false;
        }
    }

    /// <summary>The attempt at one address. It ends once, guarded by the lock of the race.</summary>
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

        public ConnectAttempt Report() => new(endPoint, _cause, _elapsed) { Started = _started };

        private string Words(SocketError error) => error == SocketError.OperationAborted
            ? $"connect to {endPoint} was given up, because another address was faster."
            : $"connect to {endPoint} failed: {Why}";
    }
}
