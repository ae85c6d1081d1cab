using SocketKit.IntegrationTests.Kit;
using Xunit.Abstractions;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Random steps on a pair of connections and on the runtime's pipe, side by side.</summary>
public abstract class PipeModelTests<TEngine, TTransport>(ITestOutputHelper output) : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    private const int Steps = 200_000;

    /// <summary>Set to a number that a run has printed, to repeat it.</summary>
    private const string SeedVariable = "SOCKETKIT_PIPE_SEED";

    [Fact]
    public async Task Any_sequence_of_calls_gives_what_the_pipe_of_the_runtime_gives_but_for_the_differences_that_have_names()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out int given) ? given : Random.Shared.Next();
        output.WriteLine($"{SeedVariable}={seed}");
        var random = new Random(seed);
        var seen = new HashSet<PipeModel.Difference>();
        int step = 0;
        try
        {
            while (step < Steps)
            {
                step += await RunAsync(random, Steps - step, seen);
            }
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{SeedVariable}={seed} failed behind step {step}: {exception.Message}", exception);
        }

        seen.Should().Contain(
            [PipeModel.Difference.EndComesWithTheNextRead, PipeModel.Difference.TheReadersEndIsNotToldToTheWriter],
            "a run of this length meets them");
    }

    /// <summary>One pair, until both of its ends are completed. How many steps that took.</summary>
    private async Task<int> RunAsync(Random random, int most, HashSet<PipeModel.Difference> seen)
    {
        (StreamConnection client, StreamConnection accepted) = new TTransport().Connect(Engine, bufferSize: null);
        try
        {
            var model = new PipeModel(random, client, accepted);
            int steps = 1;
            while (await model.StepAsync() && steps < most)
            {
                steps++;
            }

            seen.UnionWith(model.Seen.Keys);
            return steps;
        }
        finally
        {
            client.Abort();
            accepted.Abort();
        }
    }
}

public sealed class PipeModelTests_PortableTcp(ITestOutputHelper output) : PipeModelTests<PortableUnderTest, OverTcp>(output);

public sealed class PipeModelTests_EpollTcp(ITestOutputHelper output) : PipeModelTests<EpollUnderTest, OverTcp>(output);

public sealed class PipeModelTests_PortableUnix(ITestOutputHelper output) : PipeModelTests<PortableUnderTest, OverUnix>(output);

public sealed class PipeModelTests_EpollUnix(ITestOutputHelper output) : PipeModelTests<EpollUnderTest, OverUnix>(output);
