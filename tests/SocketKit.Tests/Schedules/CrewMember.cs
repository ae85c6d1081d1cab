namespace SocketKit.Tests.Schedules;

/// <summary>A thread that plays one actor per schedule.</summary>
internal sealed class CrewMember
{
    private Part? _part;

    public CrewMember(int number) =>
        new Thread(Loop) { IsBackground = true, Name = $"Actor {number}" }.UnsafeStart();

    public Gate Gate { get; } = new();

    /// <summary>Said before the gate opens for the part's first turn; null sends the thread home at the next opening.</summary>
    public void Assign(Part? part) => _part = part;

    private void Loop()
    {
        while (true)
        {
            Gate.Pass();
            if (_part is not { } part)
            {
                return;
            }

            part.Schedule.Play(part);
        }
    }
}
