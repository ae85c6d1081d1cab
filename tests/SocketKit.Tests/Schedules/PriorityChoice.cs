namespace SocketKit.Tests.Schedules;

/// <summary>
/// Probabilistic concurrency testing with depth 3: the highest priority goes on, and at two steps chosen beforehand who has the turn falls
/// behind everybody. Finds orders in which one actor stands still for long, which are rare among uniform ones.
/// </summary>
internal sealed class PriorityChoice : IChoice
{
    /// <summary>Who spins until another does something would starve that other for ever.</summary>
    private const int LongestTurn = 100;

    private readonly SeededRandom _random;
    private readonly Dictionary<Part, int> _priorities = [];
    private readonly int _firstChange;
    private readonly int _secondChange;
    private Part? _last;
    private int _turn;
    private int _step;
    private int _lowest;

    public PriorityChoice(SeededRandom random)
    {
        _random = random;
        // How many steps there will be is not known yet, and must not depend on earlier schedules: any magnitude is as likely.
        int length = 8 << random.Below(6);
        _firstChange = 1 + random.Below(length);
        _secondChange = 1 + random.Below(length);
    }

    public Part Next(List<Part> ready)
    {
        _step++;
        if (_last is not null && (_step == _firstChange || _step == _secondChange || _turn == LongestTurn))
        {
            _priorities[_last] = --_lowest;
        }

        Part best = ready[0];
        foreach (Part part in ready)
        {
            if (PriorityOf(part) > PriorityOf(best))
            {
                best = part;
            }
        }

        _turn = best == _last ? _turn + 1 : 1;
        _last = best;
        return best;
    }

    private int PriorityOf(Part part)
    {
        if (!_priorities.TryGetValue(part, out int priority))
        {
            priority = _random.Below(int.MaxValue);
            _priorities[part] = priority;
        }

        return priority;
    }
}
