using System.Diagnostics.CodeAnalysis;
using System.Globalization;

/// <summary>The command line.</summary>
internal sealed class PingOptions
{
    public const string Usage = "[host [-c count] [-i seconds] [-s bytes] [--trace]]";

    // A datagram of IPv4 has at most 65 535 bytes, with 20 of its header and 8 of the echo's.
    private const int MostBytes = 65_507;
    private const int MostSeconds = 3600;

    public string Host { get; private set; } = "127.0.0.1";

    /// <summary>How many requests are sent.</summary>
    public int Count { get; private set; } = 3;

    /// <summary>The time from one request to the next.</summary>
    public TimeSpan Interval { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>The bytes of data in each request.</summary>
    public int Size { get; private set; } = 16;

    public bool Traces { get; private set; }

    /// <summary>Whether the numbers follow at the end.</summary>
    public bool Sums { get; private set; }

    public static bool TryRead(string[] args, [NotNullWhen(true)] out PingOptions? options)
    {
        options = new PingOptions { Sums = args.Length > 0, Interval = TimeSpan.FromSeconds(args.Length > 0 ? 1 : 0) };
        if (args is [])
        {
            return true;
        }

        options.Host = args[0];
        bool isRight = args[0] is not ("" or ['-', ..]);
        for (int i = 1; i < args.Length && isRight; i++)
        {
            isRight = args[i] == "--trace" ? options.Traces = true : i + 1 < args.Length && options.Set(args[i], args[++i]);
        }

        options = isRight ? options : null;
        return isRight;
    }

    private bool Set(string name, string text)
    {
        switch (name)
        {
            case "-c" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0:
                Count = count;
                return true;

            case "-i" when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
                && seconds <= MostSeconds:
                Interval = TimeSpan.FromSeconds(seconds);
                return true;

            case "-s" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size <= MostBytes:
                Size = size;
                return true;

            default:
                return false;
        }
    }
}
