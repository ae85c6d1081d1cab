using System.Diagnostics;
using System.Text.Json;

namespace SocketKit.Load;

/// <summary>What a handler does for each message before it answers: nothing by default.</summary>
internal sealed class Work
{
    private const int FileSize = 64 * 1024;
    private const int DocumentLength = 2048;

    /// <summary>The first connection of a comparison only asks whether the server listens.</summary>
    private const int FirstOfLoad = 2;

    private readonly Action _once;
    private readonly Share _share;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _connections;

    private Work(Action once, Share share)
    {
        _once = once;
        _share = share;
    }

    private enum Share
    {
        All,
        One,
        Half,
        EverySecondSecond,
    }

    /// <summary>Reads <c>--work N --work-kind spin|lock|json|file --work-on all|one|half|alternate</c>.</summary>
    public static Work Of(Arguments arguments)
    {
        int amount = arguments.Integer("work", 0, 1_000_000, 0);
        Share share = arguments.Text("work-on", "all") switch
        {
            "all" => Share.All,
            "one" => Share.One,
            "half" => Share.Half,
            "alternate" => Share.EverySecondSecond,
            var text => throw new FormatException($"--work-on {text}: it is all, one, half or alternate."),
        };
        string kind = arguments.Text("work-kind", "spin");
        var shared = new Lock();
        Action once = (amount, kind) switch
        {
            (0, _) => Nothing,
            (_, "spin") => () => Spin(amount),
            (_, "lock") => () => SpinLocked(shared, amount),
            (_, "json") => Repeat(amount, JsonWork()),
            (_, "file") => Repeat(amount, FileWork()),
            _ => throw new FormatException($"--work-kind {kind}: it is spin, lock, json or file."),
        };
        return new Work(once, share);
    }

    /// <summary>Called once for each connection: its work for one message.</summary>
    public Action ForConnection()
    {
        int number = Interlocked.Increment(ref _connections);
        return _share switch
        {
            Share.One when number != FirstOfLoad => Nothing,
            Share.Half when number % 2 == 0 => Nothing,
            Share.EverySecondSecond => EverySecondSecond,
            _ => _once,
        };
    }

    private static void Nothing()
    {
    }

    private void EverySecondSecond()
    {
        if ((int)Stopwatch.GetElapsedTime(_started).TotalSeconds % 2 == 1)
        {
            _once();
        }
    }

    private static Action Repeat(int times, Action once) => () =>
    {
        for (int i = 0; i < times; i++)
        {
            once();
        }
    };

    /// <summary>By the thread's own processor time: by the wall clock a thread that has no processor would be working, too.</summary>
    private static void Spin(int microseconds)
    {
        long end = ThreadClock.Nanoseconds + (microseconds * 1000L);
        while (ThreadClock.Nanoseconds < end)
        {
            // Not a hint to the processor: this handler is to look as busy as one that computes.
        }
    }

    private static void SpinLocked(Lock shared, int microseconds)
    {
        lock (shared)
        {
            Spin(microseconds);
        }
    }

    private static Action JsonWork()
    {
        var document = new Dictionary<string, string>();
        while (JsonSerializer.SerializeToUtf8Bytes(document).Length < DocumentLength)
        {
            document.Add($"name {document.Count}", $"value {document.Count}");
        }

        byte[] text = JsonSerializer.SerializeToUtf8Bytes(document);
        return () => JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize<Dictionary<string, string>>(text));
    }

    private static Action FileWork()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[FileSize]);
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileSize, FileOptions.DeleteOnClose);
        return () => RandomAccess.Read(file.SafeFileHandle, new byte[FileSize], 0);
    }
}
