using System.Globalization;
using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>Connects, gets one message back, closes; many at a time.</summary>
internal sealed class ConnectLoad
{
    private readonly GenerateOptions _options;
    private readonly GenerateRun _run;
    private long _begun;
    private int _live;

    private ConnectLoad(GenerateOptions options)
    {
        _options = options;
        _run = new GenerateRun(options);
        _live = options.Connections;
    }

    /// <summary>Gives whether every echo was right.</summary>
    public static async Task<bool> RunAsync(GenerateOptions options, CancellationToken cancellationToken)
    {
        var load = new ConnectLoad(options);
        var tallies = new Tally[options.Connections];
        for (int i = 0; i < tallies.Length; i++)
        {
            tallies[i] = new Tally();
            tallies[i].Release(isMeasured: false);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        load._run.Start(tallies);
        Task[] loops = [.. tallies.Select(tally => Task.Run(() => load.RepeatAsync(tally, over.Token), CancellationToken.None))];
        try
        {
            load.Conduct(cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(loops);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"connect in_flight={options.Connections} size={options.Size}{load._run.Figures("conn")}"));
        return load._run.IsGood;
    }

    private void Conduct(CancellationToken cancellationToken)
    {
        while (_run.Phase != Phase.Over)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long next = _run.Tick(Clock.Now);
            if (_run.Sends && Volatile.Read(ref _live) == 0)
            {
                throw new GenerateException("no connection is left");
            }

            Pace.SleepUntil(next);
        }
    }

    /// <summary>
    /// One connection after the other, until the run sends no more or one has failed. The first one is released already, and each
    /// later one before the one before it is counted.
    /// </summary>
    private async Task RepeatAsync(Tally tally, CancellationToken over)
    {
        byte[] buffer = new byte[_options.Size + 1];
        bool goesOn;
        do
        {
            long began = Clock.Now;
            string? problem = await TryAsync(Interlocked.Increment(ref _begun) - 1, buffer, over);
            if (problem is not null)
            {
                _run.Error(problem);
                tally.Abandon(1);
                Interlocked.Decrement(ref _live);
                return;
            }

            goesOn = _run.Sends;
            if (goesOn)
            {
                tally.Release(_run.Measures);
            }

            _run.Answer(tally, began, Clock.Now);
        }
        while (goesOn);
    }

    /// <summary>Gives what was wrong, or null.</summary>
    private async Task<string?> TryAsync(long number, byte[] buffer, CancellationToken over)
    {
        try
        {
            using Socket socket = ClientSockets.New(_options, number);
            await ConnectAsync(socket, over);
            int offset = BytePattern.OffsetOf(number);
            for (int sent = 0; sent < _options.Size;)
            {
                sent += await socket.SendAsync(
                    BytePattern.Bytes.AsMemory(offset + sent, _options.Size - sent), SocketFlags.None, over);
            }

            int received = 0;
            while (received < _options.Size)
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory(received), SocketFlags.None, over);
                if (count == 0)
                {
                    return "the server has closed a connection";
                }

                received += count;
            }

            bool isRight = buffer.AsSpan(0, received).SequenceEqual(BytePattern.At(number, received)) && received == _options.Size;
            return isRight ? null : "the echo is not what was sent";
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // Only more source addresses help.
            return ClientSockets.Describe(problem.SocketErrorCode, _options);
        }
        catch (SocketException problem)
        {
            // Refused, or the server has gone.
            return problem.Message;
        }
        catch (OperationCanceledException)
        {
            // The run is over, and this one still waits.
            return "the server does not answer";
        }
    }

    private async ValueTask ConnectAsync(Socket socket, CancellationToken over)
    {
        if (_options.Transport == GenerateTransport.Unix)
        {
            // A Unix connect that does not block fails when the server's queue is full, and nothing says when to try again.
            socket.Connect(_options.Target);
            return;
        }

        await socket.ConnectAsync(_options.Target, over);
    }
}
