namespace SocketKit.Tests.Schedules;

/// <summary>A seed under which a world failed, with the way there.</summary>
internal sealed class ScheduleFailedException(ulong seed, string reason, string account, Exception? cause)
    : Exception($"Seed {seed} (again: SOCKETKIT_SEED={seed}): {reason}{Environment.NewLine}{account}", cause)
{
    public ulong Seed { get; } = seed;

    public string Reason { get; } = reason;
}
