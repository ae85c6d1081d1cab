namespace SocketKit.Tls;

/// <summary>
/// Looks at the two files of a certificate, and hands their contents on when they have changed. It reads them each time: events of the file
/// system miss a link that is pointed elsewhere, and times and sizes may be equal by chance.
/// </summary>
internal sealed class CertificateWatch : IDisposable
{
    /// <summary>A look costs two reads of a few kilobytes.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long new contents must stay the same: a writer may pause between two certificates of a chain.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly PemFiles _files;
    private readonly Action<PemFiles.Text> _take;
    private readonly ITimer _timer;
    private byte[] _taken;
    private byte[] _seen;
    private volatile Exception? _lastError;
    private bool _isDisposed;

    /// <param name="files">The files.</param>
    /// <param name="text">Their contents that were taken already.</param>
    /// <param name="take">Takes new contents, or throws what is wrong with them.</param>
    /// <param name="clock">The clock.</param>
    public CertificateWatch(PemFiles files, PemFiles.Text text, Action<PemFiles.Text> take, TimeProvider clock)
    {
        (_files, _take) = (files, take);
        _taken = _seen = text.Digest();
        _timer = clock.CreateTimer(
            static watch => ((CertificateWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        LookAgainIn(Interval);
    }

    /// <summary>Why the last look has not led to the contents of the files; null if it has.</summary>
    public Exception? LastError => _lastError;

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private void Look()
    {
        TimeSpan next = Interval;
        try
        {
            PemFiles.Text text = _files.Read();
            byte[] digest = text.Digest();
            bool isSettled = digest.AsSpan().SequenceEqual(_seen);
            _seen = digest;
            if (!isSettled)
            {
                next = Settling;
            }
            else
            {
                Take(text, digest);
            }
        }
        catch (Exception exception)
        {
            // Nobody waits for this thread; the old certificate stays, and the files are read again.
            _lastError = exception;
        }

        LookAgainIn(next);
    }

    private void Take(PemFiles.Text text, byte[] digest)
    {
        if (!digest.AsSpan().SequenceEqual(_taken))
        {
            _take(text);
            _taken = digest;
        }

        _lastError = null;
    }

    /// <summary>One look at a time: the timer has no period.</summary>
    private void LookAgainIn(TimeSpan delay)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _timer.Change(delay, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
