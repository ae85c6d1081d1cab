namespace SocketKit.Tests.Schedules;

/// <summary>Everybody who can go on is as likely: many changes of turn.</summary>
internal sealed class UniformChoice(SeededRandom random) : IChoice
{
    public Part Next(List<Part> ready) => ready[ready.Count == 1 ? 0 : random.Below(ready.Count)];
}
