using System.Globalization;

namespace SocketKit.Load;

/// <summary>Echo load over UDP, in a closed loop or at a fixed rate. Each datagram carries its number.</summary>
internal sealed class DatagramEcho : IDisposable
{
    /// <summary>Datagrams that leave before the clock is looked at again.</summary>
    private const int MostInTurn = 256;

    /// <summary>How often a run looks at its endpoints.</summary>
    private const long LookEvery = 10 * Clock.Millisecond;

    private readonly GenerateOptions _options;
    private readonly GenerateRun _run;
    private readonly DatagramEchoEndpoint[] _endpoints;
    private long _nextMessage;

    private DatagramEcho(GenerateOptions options)
    {
        _options = options;
        _run = new GenerateRun(options);
        _endpoints = new DatagramEchoEndpoint[options.Connections];
    }

    /// <summary>Gives whether every echo was right. Lost datagrams are no error.</summary>
    public static bool Run(GenerateOptions options, CancellationToken cancellationToken)
    {
        using var echo = new DatagramEcho(options);
        for (int i = 0; i < echo._endpoints.Length; i++)
        {
            echo._endpoints[i] = new DatagramEchoEndpoint(echo._run, options, i, ClientSockets.Open(options, i));
        }

        echo.Exchange(cancellationToken);
        echo.Print();
        return echo._run.IsGood;
    }

    public void Dispose()
    {
        foreach (DatagramEchoEndpoint endpoint in _endpoints)
        {
            // Null where opening them has failed.
            endpoint?.Dispose();
        }
    }

    private void Exchange(CancellationToken cancellationToken)
    {
        _run.Start(_endpoints.Select(static endpoint => endpoint.Tally));
        foreach (DatagramEchoEndpoint endpoint in _endpoints)
        {
            endpoint.Start();
        }

        long nextLook = 0;
        while (_run.Phase != Phase.Over)
        {
            long now = Clock.Now;
            if (now >= nextLook)
            {
                cancellationToken.ThrowIfCancellationRequested();
                nextLook = Math.Min(_run.Tick(now), now + LookEvery);
                Sweep(now);
            }

            if (_options.HasRate)
            {
                SendDue(now);
                Pace.PollUntil(_run.MayLeave(_nextMessage) ? Math.Min(nextLook, _run.DueTime(_nextMessage)) : nextLook);
            }
            else
            {
                Pace.SleepUntil(nextLook);
            }
        }
    }

    /// <summary>Closed loop: gives up what is lost, and sends the next datagram in its place.</summary>
    private void Sweep(long now)
    {
        if (_options.HasRate)
        {
            return;
        }

        foreach (DatagramEchoEndpoint endpoint in _endpoints)
        {
            endpoint.Sweep(now);
        }
    }

    /// <summary>At a fixed rate: datagrams whose time has come leave, whatever has been answered.</summary>
    private void SendDue(long now)
    {
        for (int i = 0; i < MostInTurn && _run.MayLeave(_nextMessage) && _run.DueTime(_nextMessage) <= now; i++, _nextMessage++)
        {
            _endpoints[_nextMessage % _endpoints.Length].SendNext(_run.DueTime(_nextMessage));
        }
    }

    private void Print()
    {
        foreach (DatagramEchoEndpoint endpoint in _endpoints)
        {
            endpoint.End();
        }

        // At a fixed rate, what could not even leave is lost as well.
        long lost = _endpoints.Sum(static endpoint => endpoint.Lost);
        for (; _options.HasRate && _run.DueTime(_nextMessage) < _run.End; _nextMessage++)
        {
            lost += _run.Counts(_run.DueTime(_nextMessage)) ? 1 : 0;
        }

        int starved = _endpoints.Count(static endpoint => endpoint.Tally.AnsweredInTime == 0);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"echo connections={_options.Connections} size={_options.Size} depth={_options.Depth} rate={_options.Rate:F0}"
            + $"{_run.Figures("msg")} starved={starved} lost={lost} late={_endpoints.Sum(static endpoint => endpoint.Late)}"));
    }
}
