namespace SocketKit.Engine.Streams;

/// <summary>
/// Guesses whether the next recv(2) finds data at once, so that few are made in vain. A full buffer hints at more; but messages may be
/// just as long as the buffer, so each wrong guess makes the next hints count for less.
/// </summary>
internal struct QueueGuess
{
    /// <summary>Full buffers that are not taken for a hint after many wrong guesses in a row.</summary>
    private const int LongestDistrust = 64;

    private int _distrust;
    private int _ignored;

    public bool ExpectsData { get; private set; }

    /// <summary>Data was seen to be queued.</summary>
    public void NoteQueued() => ExpectsData = true;

    public void NoteFullBuffer()
    {
        if (ExpectsData)
        {
            _distrust = 0;
        }
        else if (_ignored > 0)
        {
            _ignored--;
        }
        else
        {
            ExpectsData = true;
        }
    }

    /// <summary>A recv(2) was made in vain.</summary>
    public void NoteEmpty()
    {
        if (ExpectsData)
        {
            ExpectsData = false;
            _distrust = Math.Clamp(_distrust * 2, 1, LongestDistrust);
            _ignored = _distrust;
        }
    }
}
