namespace SocketKit.Tests.Schedules;

/// <summary>What one schedule plays: a fresh state, the actors that touch it, and what has to hold.</summary>
internal sealed class World
{
    private readonly List<(string Name, Action Body)> _actors = [];
    private readonly List<Action> _atEveryStep = [];
    private readonly List<Action> _atEnd = [];

    public IReadOnlyList<(string Name, Action Body)> Actors => _actors;

    public void Actor(string name, Action body) => _actors.Add((name, body));

    /// <summary>Throws when an invariant is broken. Runs between any two steps; its own steps do not count.</summary>
    public void AtEveryStep(Action check) => _atEveryStep.Add(check);

    /// <summary>Throws when the outcome is wrong. Runs once every actor has ended.</summary>
    public void AtEnd(Action check) => _atEnd.Add(check);

    public void CheckStep()
    {
        foreach (Action check in _atEveryStep)
        {
            check();
        }
    }

    public void CheckEnd()
    {
        foreach (Action check in _atEnd)
        {
            check();
        }
    }
}
