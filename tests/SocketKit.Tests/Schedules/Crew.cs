namespace SocketKit.Tests.Schedules;

/// <summary>The threads of one run of many schedules. Starting threads for each would cost more than the schedule.</summary>
internal sealed class Crew : IDisposable
{
    private readonly List<CrewMember> _members = [];
    private bool _isStuck;

    public CrewMember this[int index]
    {
        get
        {
            while (_members.Count <= index)
            {
                _members.Add(new CrewMember(_members.Count));
            }

            return _members[index];
        }
    }

    public ScheduleFailedException? Play(World world, ulong seed, out Schedule schedule)
    {
        schedule = new Schedule(seed, world, this);
        for (int i = 0; i < schedule.Parts.Count; i++)
        {
            this[i].Assign(schedule.Parts[i]);
        }

        return schedule.Run(out _isStuck);
    }

    public void Dispose()
    {
        // A thread that is stuck may still come back to its gate, and must not find it open in the middle of its part.
        foreach (CrewMember member in _isStuck ? [] : _members)
        {
            member.Assign(null);
            member.Gate.Open();
        }
    }
}
