namespace SocketKit.Compare;

/// <summary>Whether the last few figures are close to each other.</summary>
internal sealed class Steadiness(int window, double tolerance)
{
    private readonly Queue<double> _last = new(window);

    public bool IsReached => _last.Count == window && _last.Min() > 0 && _last.Max() <= _last.Min() * (1 + tolerance);

    public void Add(double figure)
    {
        if (_last.Count == window)
        {
            _last.Dequeue();
        }

        _last.Enqueue(figure);
    }
}
