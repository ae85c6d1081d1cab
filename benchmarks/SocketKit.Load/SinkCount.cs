using System.Globalization;

namespace SocketKit.Load;

/// <summary>What a sink has taken, until it is told to end or its time is over. The time counts from its first datagram on.</summary>
internal sealed class SinkCount : IDisposable
{
    private readonly CancellationTokenSource _end;
    private readonly TimeSpan _time;
    private Usage _began;
    private long _first;
    private long _datagrams;
    private long _bytes;
    private long _calls;

    /// <param name="time">How long it takes datagrams; zero: until it is told.</param>
    /// <param name="cancellationToken">Tells it to end.</param>
    public SinkCount(TimeSpan time, CancellationToken cancellationToken)
    {
        _time = time;
        _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>For the receives.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Counts what one call has received.</summary>
    public void Add(int datagrams, long bytes)
    {
        if (_calls++ == 0)
        {
            Begin(datagrams);
        }

        _datagrams += datagrams;
        _bytes += bytes;
    }

    public void Print(string by, long dropped)
    {
        Usage ended = Usage.Now();
        Usage began = _calls > 0 ? _began : ended;
        long measured = _datagrams - _first;
        double each = began.Time == ended.Time ? 0 : ended.MicrosecondsOfProcessorSince(began) / Math.Max(1, measured);
        double seconds = ended.SecondsSince(began);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"sink by={by} transport=udp seconds={seconds:F3} msgs_per_s={measured / Math.Max(1e-9, seconds):F0} cpu_us_per_msg={each:F4} "
            + $"received={_datagrams} bytes={_bytes} calls={_calls} dropped={dropped}"));
    }

    public void Dispose() => _end.Dispose();

    private void Begin(int datagrams)
    {
        _first = datagrams;
        _began = Usage.Now();
        if (_time > TimeSpan.Zero)
        {
            _end.CancelAfter(_time);
        }
    }
}
