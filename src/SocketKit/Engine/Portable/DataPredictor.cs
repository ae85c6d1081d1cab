namespace SocketKit.Engine.Portable;

/// <summary>
/// Guesses whether the next recv(2) finds data at once, to save calls that find none. Data that was queued already, or a full buffer,
/// hints at more. A fast peer, or messages as long as the buffer, give the same hints, so each wrong guess makes the next hints count for
/// less.
/// </summary>
internal struct DataPredictor
{
    /// <summary>The most hints to ignore after many wrong guesses in a row.</summary>
    private const int LongestDistrust = 64;

    private int _distrust;
    private int _ignored;

    public bool ExpectsData { get; private set; }

    /// <summary>More data may be queued.</summary>
    public void Hint()
    {
        if (_ignored > 0)
        {
            _ignored--;
        }
        else
        {
            ExpectsData = true;
        }
    }

    /// <summary>A recv(2) that was made on a guess has found data.</summary>
    public void NoteRight() => _distrust /= 2;

    /// <summary>A recv(2) has found no data; it counts if it was made on a guess.</summary>
    public void NoteWrong()
    {
        if (!ExpectsData)
        {
            return;
        }

        ExpectsData = false;
        _distrust = Math.Clamp(_distrust * 2, 1, LongestDistrust);
        _ignored = _distrust;
    }
}
