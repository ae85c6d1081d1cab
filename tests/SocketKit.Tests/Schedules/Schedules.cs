using System.Globalization;

namespace SocketKit.Tests.Schedules;

/// <summary>Plays a world under many seeds. Even seeds choose uniformly, odd ones by priorities.</summary>
internal static class Schedules
{
    private const string CountVariable = "SOCKETKIT_SCHEDULES";
    private const string SeedVariable = "SOCKETKIT_SEED";

    /// <summary>Throws for the first seed that fails. The environment may ask for another number of schedules, or for one seed.</summary>
    public static void Run(Func<ulong, World> make, int count, ulong firstSeed = 1)
    {
        (long planned, ulong first) = Plan(Environment.GetEnvironmentVariable, count, firstSeed);
        if (Find(make, planned, first) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>The first failure, or null.</summary>
    public static ScheduleFailedException? Find(Func<ulong, World> make, long count, ulong firstSeed = 1)
    {
        using var crew = new Crew();
        for (long i = 0; i < count; i++)
        {
            ulong seed = firstSeed + (ulong)i;
            if (crew.Play(make(seed), seed, out _) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    public static (long Count, ulong FirstSeed) Plan(Func<string, string?> variable, int count, ulong firstSeed)
    {
        if (variable(SeedVariable) is { Length: > 0 } seed)
        {
            return (1, ulong.Parse(seed, CultureInfo.InvariantCulture));
        }

        return (variable(CountVariable) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : count, firstSeed);
    }
}
