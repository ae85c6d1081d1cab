using System.Globalization;
using System.Net;
using System.Text;

namespace SocketKit.Tls;

/// <summary>Formats for messages what a peer or a caller has written: short, and without characters that would disturb a log.</summary>
internal static class Shown
{
    /// <summary>Throws at text that is no valid Unicode.</summary>
    public static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>For comparing only: what is no valid text is replaced.</summary>
    public static readonly Encoding Utf8Lenient = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    private const int Longest = 256;
    private const int MostItems = 10;

    public static string Text(string text)
    {
        string shown = text.Length <= Longest ? text : $"{text.AsSpan(0, Longest)}…";
        return shown.Any(IsBad) ? string.Concat(shown.Select(Escape)) : shown;
    }

    /// <summary>"a, b, c and 7 more".</summary>
    public static string List(IReadOnlyCollection<string> items)
    {
        string first = string.Join(", ", items.Take(MostItems).Select(Text));
        return items.Count <= MostItems ? first : $"{first} and {items.Count - MostItems} more";
    }

    public static string Duration(TimeSpan duration) => duration.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s");

    public static string EndPoints(EndPoint? local, EndPoint? remote) => $"{Named(local)} ↔ {Named(remote)}";

    /// <summary>A Unix socket without a name has an empty one.</summary>
    private static string Named(EndPoint? endPoint) => endPoint?.ToString() is not { } shown ? "?"
        : shown.Length == 0 ? "(unnamed)"
        : shown;

    /// <summary>Text as it is, everything else as dots: what a peer has sent in place of TLS.</summary>
    public static string Bytes(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
        {
            shown.Append(value is >= (byte)' ' and < 0x7f ? (char)value : '.');
        }

        return shown.ToString();
    }

    /// <summary>Also those that change the direction of what follows, or begin a new line in some viewers.</summary>
    private static bool IsBad(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Surrogate
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Escape(char character) => IsBad(character) ? $"\\u{(int)character:x4}" : character.ToString();
}
