using System.Globalization;

namespace SocketKit.Load;

/// <summary>Echo load over TCP and Unix connections, in a closed loop or at a fixed rate.</summary>
internal sealed class StreamEcho : IDisposable
{
    /// <summary>Messages that leave before the clock is looked at again.</summary>
    private const int MostInTurn = 256;

    /// <summary>How often a run looks at its connections.</summary>
    private const long LookEvery = 10 * Clock.Millisecond;

    private readonly GenerateOptions _options;
    private readonly GenerateRun _run;
    private readonly StreamEchoConnection[] _connections;
    private long _nextMessage;

    private StreamEcho(GenerateOptions options)
    {
        _options = options;
        _run = new GenerateRun(options);
        _connections = new StreamEchoConnection[options.Connections];
    }

    /// <summary>Gives whether every echo was right.</summary>
    public static bool Run(GenerateOptions options, CancellationToken cancellationToken)
    {
        using var echo = new StreamEcho(options);
        echo.Open(cancellationToken);
        echo.Exchange(cancellationToken);
        echo.Print();
        return echo._run.IsGood;
    }

    public void Dispose()
    {
        foreach (StreamEchoConnection connection in _connections)
        {
            // Null where opening them has failed.
            connection?.Dispose();
        }
    }

    private void Open(CancellationToken cancellationToken)
    {
        for (int i = 0; i < _connections.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _connections[i] = new StreamEchoConnection(_run, _options, i, ClientSockets.Open(_options, i));
        }
    }

    private void Exchange(CancellationToken cancellationToken)
    {
        _run.Start(_connections.Select(static connection => connection.Tally));
        foreach (StreamEchoConnection connection in _connections)
        {
            connection.Start(_options.HasRate ? 0 : _options.Depth);
        }

        long nextLook = 0;
        while (_run.Phase != Phase.Over)
        {
            long now = Clock.Now;
            if (now >= nextLook)
            {
                cancellationToken.ThrowIfCancellationRequested();
                nextLook = Math.Min(_run.Tick(now), now + LookEvery);
                RefuseToGoOnAlone();
            }

            if (_options.HasRate)
            {
                ReleaseDue(now);
                Pace.PollUntil(_run.MayLeave(_nextMessage) ? Math.Min(nextLook, _run.DueTime(_nextMessage)) : nextLook);
            }
            else
            {
                Pace.SleepUntil(nextLook);
            }
        }
    }

    private void RefuseToGoOnAlone()
    {
        if (Array.TrueForAll(_connections, static connection => connection.IsClosed))
        {
            throw new GenerateException("no connection is left");
        }
    }

    /// <summary>At a fixed rate: messages whose time has come leave, whatever has been answered.</summary>
    private void ReleaseDue(long now)
    {
        for (int i = 0; i < MostInTurn && _run.MayLeave(_nextMessage) && _run.DueTime(_nextMessage) <= now; i++)
        {
            _connections[_nextMessage++ % _connections.Length].Release(now);
        }
    }

    private void Print()
    {
        long unanswered = 0;
        long now = Clock.Now;
        int starved = _connections.Count(connection => connection.Tally is { AnsweredInTime: 0 } tally
            && (!_options.HasRate || tally.AskedInTime > 0));
        foreach (StreamEchoConnection connection in _connections)
        {
            unanswered += connection.End(now);
        }

        // What could not even leave counts with its age as well.
        for (; _options.HasRate && _run.DueTime(_nextMessage) < _run.End; _nextMessage++)
        {
            if (_run.Counts(_run.DueTime(_nextMessage)))
            {
                _run.CountAge(_run.DueTime(_nextMessage), now);
                unanswered++;
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"echo connections={_options.Connections} size={_options.Size} depth={_options.Depth} rate={_options.Rate:F0}"
            + $"{_run.Figures("msg")} starved={starved} unanswered={unanswered}"));
    }
}
