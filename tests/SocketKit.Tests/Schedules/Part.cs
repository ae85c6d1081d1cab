namespace SocketKit.Tests.Schedules;

/// <summary>An actor in a schedule that runs. Touched only by the thread whose turn it is.</summary>
internal sealed class Part(Schedule schedule, string name, Action body, Gate gate)
{
    public Schedule Schedule { get; } = schedule;

    public string Name { get; } = name;

    public Action Body { get; } = body;

    public Gate Gate { get; } = gate;

    public int Steps { get; set; }

    /// <summary>What it waits for, null when it can go on.</summary>
    public Func<bool>? Condition { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>The code in which the schedule's failure found it.</summary>
    public string? Place { get; set; }

    public override string ToString()
    {
        string state = HasEnded && Place is null ? "ended" : Steps == 0 ? "not started" : Condition is null ? "could go on" : "waits";
        return $"{Name}: step {Steps}, {state}{(Place is null ? string.Empty : $", in {Place}")}";
    }
}
