namespace SocketKit.Load;

/// <summary>Tells whether a line, or the end, has come on standard input; it is read only where that is asked for.</summary>
internal sealed class StandardInput
{
    private volatile bool _hasCome;

    public StandardInput(bool reads)
    {
        if (reads)
        {
            new Thread(Read) { IsBackground = true, Name = "standard input" }.Start();
        }
    }

    public bool HasCome => _hasCome;

    private void Read()
    {
        Console.ReadLine();
        _hasCome = true;
    }
}
