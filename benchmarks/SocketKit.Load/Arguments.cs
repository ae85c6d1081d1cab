using System.Globalization;

namespace SocketKit.Load;

/// <summary>
/// The options behind the two words of a command, as <c>--name value</c> pairs and flags. A bad one is a
/// <see cref="FormatException"/>.
/// </summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <param name="args">The options as they were typed.</param>
    /// <param name="flags">Names of options that stand alone, without a value.</param>
    public Arguments(string[] args, params string[] flags)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException($"'{args[i]}' is not an option; options look like --port 9000.");
            }

            string name = args[i][2..];
            bool isFlag = flags.Contains(name);
            if (!isFlag && ++i == args.Length)
            {
                throw new FormatException($"--{name} needs a value.");
            }

            if (!_values.TryAdd(name, isFlag ? string.Empty : args[i]))
            {
                throw new FormatException($"--{name} is given twice.");
            }
        }
    }

    public string Host => Text("host", "127.0.0.1");

    /// <summary>Of a server to connect to.</summary>
    public int Port => Integer("port", 1, 65535);

    /// <summary>Of a server here; 0 lets the system choose one, and the server says which.</summary>
    public int ServerPort => Integer("port", 0, 65535);

    public SocketEngine? Engine => Text("engine", string.Empty) switch
    {
        "" => null,
        "portable" => SocketEngine.Portable,
        "epoll" => Epoll(),
        var name => throw new FormatException($"'{name}' is no engine; there are: portable, epoll."),
    };

    /// <summary>For streams, which loops serve on the epoll engine: <c>--loops</c> and <c>--busy-poll</c> make one to order.</summary>
    public SocketEngine? StreamEngine
    {
        get
        {
            int? loops = _values.ContainsKey("loops") ? Integer("loops", 1, 64) : null;
            bool hasBusyPoll = _values.Remove("busy-poll", out string? busyPoll);
            return loops is null && !hasBusyPoll ? Engine : EpollToOrder(loops, ParseBusyPoll(busyPoll));
        }
    }

    public Dispatch Dispatch => Text("dispatch", "auto") switch
    {
        "auto" => Dispatch.Auto,
        "inline" => Dispatch.Inline,
        "threadpool" => Dispatch.ThreadPool,
        var name => throw new FormatException($"--dispatch {name}: it is auto, inline or threadpool."),
    };

    public int Integer(string name, int minimum, int maximum, int? otherwise = null)
    {
        if (!_values.Remove(name, out string? text))
        {
            return otherwise ?? throw new FormatException($"--{name} is missing.");
        }

        return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum
            ? value
            : throw new FormatException($"--{name} {text} is not a whole number from {minimum} to {maximum}.");
    }

    /// <summary>One of these words, and the first one if nothing is said.</summary>
    public string OneOf(string name, params string[] words)
    {
        string word = Text(name, words[0]);
        return words.Contains(word) ? word : throw new FormatException($"--{name} {word}: it is {string.Join(", ", words)}.");
    }

    public bool IsSet(string name) => Text(name, "no") switch
    {
        "yes" => true,
        "no" => false,
        var text => throw new FormatException($"--{name} {text}: it is yes or no."),
    };

    /// <summary>Whether this option, one without a value, is there.</summary>
    public bool HasFlag(string name) => _values.Remove(name);

    public double Number(string name, double maximum, double otherwise)
    {
        if (!_values.Remove(name, out string? text))
        {
            return otherwise;
        }

        return double.TryParse(text, CultureInfo.InvariantCulture, out double value) && value >= 0 && value <= maximum
            ? value
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"--{name} {text} is not a number from 0 to {maximum:F0}."));
    }

    public TimeSpan Seconds(string name, double otherwise)
    {
        if (!_values.Remove(name, out string? text))
        {
            return TimeSpan.FromSeconds(otherwise);
        }

        return double.TryParse(text, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 3600
            ? TimeSpan.FromSeconds(value)
            : throw new FormatException($"--{name} {text} is not a number of seconds up to 3600.");
    }

    /// <summary>To be called when everything has been read: what is left is a mistake.</summary>
    public void RefuseOthers()
    {
        foreach (string name in _values.Keys)
        {
            throw new FormatException($"--{name} is not an option of this command.");
        }
    }

    public string Text(string name, string otherwise) => _values.Remove(name, out string? text) ? text : otherwise;

    private static BusyPoll ParseBusyPoll(string? text) => text switch
    {
        null or "auto" => BusyPoll.Auto,
        "off" => BusyPoll.Off,
        _ when int.TryParse(text, CultureInfo.InvariantCulture, out int microseconds) && microseconds is >= 1 and <= 1000
            => BusyPoll.Fixed(TimeSpan.FromMicroseconds(microseconds)),
        _ => throw new FormatException($"--busy-poll {text}: it is auto, off, or 1 to 1000 microseconds."),
    };

    private SocketEngine EpollToOrder(int? loops, BusyPoll busyPoll)
    {
        string name = Text("engine", string.Empty);
        if (!OperatingSystem.IsLinux() || (name != "epoll" && (name.Length > 0 || !IsEpoll(SocketEngine.Default))))
        {
            throw new FormatException("--loops and --busy-poll are for the epoll engine.");
        }

        try
        {
            return SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = loops, BusyPoll = busyPoll });
        }
        catch (PlatformNotSupportedException problem)
        {
            // Not to be had on this machine: for whoever typed the command that is a wrong argument.
            throw new FormatException(problem.Message, problem);
        }
    }

    private static bool IsEpoll(SocketEngine engine) => engine.Description.StartsWith("epoll", StringComparison.Ordinal);

    /// <summary>The engine of the whole process, so this comes before its first socket.</summary>
    private static SocketEngine Epoll()
    {
        AppContext.SetData("SocketKit.Engine", "epoll");
        return IsEpoll(SocketEngine.Default)
            ? SocketEngine.Default
            : throw new FormatException($"--engine epoll: this process runs the {SocketEngine.Default.Description}.");
    }
}
