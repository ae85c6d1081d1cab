using System.Globalization;

namespace SocketKit.Load;

/// <summary>The options behind the two words of a command, as <c>--name value</c> pairs. A bad one is a <see cref="FormatException"/>.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    public Arguments(string[] args)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException($"'{args[i]}' is not an option; options look like --port 9000.");
            }

            if (i + 1 == args.Length)
            {
                throw new FormatException($"{args[i]} needs a value.");
            }

            if (!_values.TryAdd(args[i][2..], args[i + 1]))
            {
                throw new FormatException($"{args[i]} is given twice.");
            }
        }
    }

    public string Host => Text("host", "127.0.0.1");

    public int Port => Integer("port", 1, 65535);

    public SocketEngine? Engine => Text("engine", string.Empty) switch
    {
        "" => null,
        "portable" => SocketEngine.Portable,
        "epoll" => Epoll(),
        var name => throw new FormatException($"'{name}' is no engine; there are: portable, epoll."),
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

    private string Text(string name, string otherwise) => _values.Remove(name, out string? text) ? text : otherwise;

    /// <summary>The engine of the whole process, so this comes before its first socket.</summary>
    private static SocketEngine Epoll()
    {
        AppContext.SetData("SocketKit.Engine", "epoll");
        return SocketEngine.Default.Description.StartsWith("epoll", StringComparison.Ordinal)
            ? SocketEngine.Default
            : throw new FormatException($"--engine epoll: this process runs the {SocketEngine.Default.Description}.");
    }
}
