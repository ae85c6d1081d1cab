namespace SocketKit.Compare;

/// <summary>Runs one server under one load.</summary>
internal sealed class Runner(Generator generator, Processors processors, Timing timing)
{
    /// <summary>Seconds that a generator may take beyond its warm-up and measurement, until it is given up.</summary>
    private const double Grace = 30;

    /// <summary>Longest warm-up of any command.</summary>
    private const double LongestWarmUp = 15;

    public async Task<Run> RunAsync(Contestant contestant, int number, Cell cell, double? rate, CancellationToken cancellationToken)
    {
        var run = new Run { Server = contestant.Name, ServerNumber = number };
        if (cell.Kind == LoadKind.FixedRate && rate is null)
        {
            return run with { Problem = "the closed loop gave no peak to take half of" };
        }

        try
        {
            int port = FreePort.Next();
            Launch launch = contestant.Server(cell, port)!;
            await using RunningServer server = await RunningServer.StartAsync(
                launch, port, cell.IsDatagram, cell.IsPinned ? processors.Server : null, cancellationToken);
            run = run with { Banner = server.Banner };
            IReadOnlyList<string>? client = contestant.Client(cell, port, timing);
            IReadOnlyList<string> command = client ?? generator.CommandFor(cell, port, server.ProcessId, timing, rate);
            await using Child load = Child.Start(Processors.Pin(command, cell.IsPinned ? processors.Generator : null));
            WarmUp? warmUp = client is null && Generator.IsWatched(cell) ? NewWarmUp(rate, server) : null;
            Run measured = await WatchAsync(run, load, warmUp, cancellationToken);
            return cell.IsOneWay && measured.Problem is null
                ? Receipt.AddTo(measured, await server.EndAsync(cancellationToken), cell.Size)
                : measured;
        }
        catch (RunFailedException problem)
        {
            // Only this run has failed.
            return run with { Problem = problem.Message };
        }
    }

    private WarmUp NewWarmUp(double? rate, RunningServer server) =>
        new(timing.LongestWarmUp, rate is null ? null : () => ProcessClock.Read(server.ProcessId));

    private async Task<Run> WatchAsync(Run run, Child load, WarmUp? warmUp, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(LongestWarmUp + timing.Seconds + Grace));
        // Where nobody ends the warm-up, the whole of it is watched.
        Task<MachineUse?> use = Task.FromResult<MachineUse?>(null);
        MachineWatch? whole = warmUp is null ? new MachineWatch() : null;
        var rates = new List<double>();
        string? result = null;
        try
        {
            await foreach (string line in load.Lines.ReadAllAsync(patience.Token))
            {
                if (!ResultLine.IsRate(line, out double at, out double perSecond))
                {
                    result = line;
                }
                else if (warmUp is null)
                {
                    if (rates.Count < Generator.StartUpSeconds)
                    {
                        rates.Add(perSecond);
                    }
                }
                else if (warmUp.Add(at, perSecond))
                {
                    await load.WriteLineAsync("go");
                    use = WatchMachineAsync(patience.Token);
                }
            }

            int status = await load.WaitAsync(patience.Token);
            MachineUse? machine = whole is null ? await use : whole.Stop();
            return Finish(run, warmUp, rates, result, status, load.Errors, machine);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The patience has ended, not the whole comparison.
            throw new RunFailedException("the generator did not end in time");
        }
    }

    /// <summary>For as long as the measurement takes: the load goes on before and after it.</summary>
    private async Task<MachineUse?> WatchMachineAsync(CancellationToken cancellationToken)
    {
        var watch = new MachineWatch();
        await Task.Delay(TimeSpan.FromSeconds(timing.Seconds), cancellationToken);
        return watch.Stop();
    }

    private static Run Finish(
        Run run, WarmUp? warmUp, List<double> rates, string? result, int status, string errors, MachineUse? machine)
    {
        Dictionary<string, double> figures = result is null ? [] : ResultLine.Figures(result);
        string? problem = (status, figures.Count) switch
        {
            (0, > 0) => null,
            (0, _) => "the generator printed no figures",
            _ => errors.Length > 0 ? errors : Text.Of($"the generator ended with status {status}"),
        };
        return run with
        {
            Problem = problem,
            Figures = figures,
            Rates = rates,
            Watched = warmUp?.Watched ?? [],
            WarmUpSeconds = warmUp?.Seconds,
            IsSteady = warmUp?.IsSteady,
            StolenCpu = machine?.Stolen,
            OtherCpu = warmUp is null ? null : machine?.OtherThan(figures),
        };
    }
}
