using System.Globalization;
using System.Text.RegularExpressions;
using SocketKit.Engine;

namespace SocketKit.Tests.House;

/// <summary>What the compiler does not check about the sources.</summary>
public sealed partial class SourceRulesTests
{
    private const int MostLines = 500;
    private const string InteropFolder = "src/SocketKit/Engine/Linux/";

    /// <summary>In two parts, so that this file does not find itself.</summary>
    private static readonly string[] s_leftovers = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Exception"];

    [SourceFact]
    public void No_file_is_longer_than_500_lines()
    {
        IReadOnlyList<SourceFile> files = Repository.SourcesIn(".");

        files.Should().HaveCountGreaterThan(100, "the sources must have been found");
        files.Where(static file => file.Lines.Count > MostLines).Select(static file => $"{file}: {file.Lines.Count} lines")
            .Should().BeEmpty();
    }

    [SourceFact]
    public void No_line_is_longer_than_the_columns_of_editorconfig()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root!, ".editorconfig"));
        int columns = int.Parse(MaxLineLength().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        string[] folders = ["src", "tests", "benchmarks", "samples"];

        IEnumerable<string> found = folders.SelectMany(folder =>
            Find(folder, (file, index) => file.Lines[index].Length > columns));

        found.Should().BeEmpty("a line has at most {0} columns", columns);
    }

    [SourceFact]
    public void Nothing_is_left_to_be_done()
    {
        IEnumerable<string> found = Find(".", static (file, index) =>
            Array.Exists(s_leftovers, word => file.Lines[index].Contains(word, StringComparison.Ordinal)));

        found.Should().BeEmpty();
    }

    [SourceFact]
    public void Native_code_is_called_from_one_folder_only()
    {
        IEnumerable<string> found = Find("src", static (file, index) =>
            NativeCode().IsMatch(file.CodeOf(index)) && !file.Path.StartsWith(InteropFolder, StringComparison.Ordinal));

        found.Should().BeEmpty();
    }

    [SourceFact]
    public void Every_unsafe_block_says_why_it_is_safe()
    {
        IEnumerable<string> found = Find("src", static (file, index) =>
            Unsafe().IsMatch(file.CodeOf(index)) && !CommentAbove(file, index).Contains("SAFETY:", StringComparison.Ordinal));

        found.Should().BeEmpty();
    }

    /// <summary>
    /// Engine catches its own, and they become outcomes; three places make one to ask it for its words, or to have it worded.
    /// </summary>
    [SourceFact]
    public void What_a_user_sees_is_never_a_bare_socket_exception()
    {
        string[] harmless =
            ["src/SocketKit/Errors/Reasons.cs", "src/SocketKit/Sockets/LocalHost.cs", "src/SocketKit/Tls/TlsChannel.Handshake.cs"];

        IEnumerable<string> found = Find("src", (file, index) =>
            file.CodeOf(index).Contains("new SocketException(", StringComparison.Ordinal)
            && !file.Path.StartsWith("src/SocketKit/Engine/", StringComparison.Ordinal)
            && !harmless.Contains(file.Path));

        found.Should().BeEmpty();
    }

    [SourceFact]
    public void Deadlines_never_look_at_the_wall_clock()
    {
        // When a certificate expires, and when the kernel received a datagram, are dates.
        string[] harmless =
        [
            "src/SocketKit/Tls/TlsCertificate.cs", "src/SocketKit/Engine/Batches/DatagramSlot.cs",
            "src/SocketKit/Engine/Linux/Interop/ControlMessages.cs",
        ];

        IEnumerable<string> found = Find("src", (file, index) => WallClock().IsMatch(file.CodeOf(index)) && !harmless.Contains(file.Path));

        found.Should().BeEmpty();
    }

    [SourceFact]
    public void Every_catch_says_why()
    {
        IEnumerable<string> found = Find("src", static (file, index) => Catch().IsMatch(file.CodeOf(index)) && !IsExplained(file, index));

        found.Should().BeEmpty();
    }

    [Theory]
    [InlineData("catch (SocketException) { return; }", false)]
    [InlineData("catch (SocketException exception) { Log(exception); }", false)]
    [InlineData("catch { socket.Dispose(); throw; }", false)]
    [InlineData("catch (ObjectDisposedException) { return IoResult.Ended(ChannelStatus.Closed); }", false)]
    [InlineData("catch (SocketException) { return;\n// Too late. }", false)]
    [InlineData("catch (SocketException) { //\nreturn; }", false)]
    [InlineData("catch (SocketException) { return; }\nfinally { // Of another block. }", false)]
    [InlineData("catch (SocketException) { // The peer is gone.\nreturn; }", true)]
    [InlineData("catch (SocketException exception)\nwhen (IsGone(exception)) { // The peer is gone.\nreturn; }", true)]
    [InlineData("catch (SocketException) // The peer is gone.\n{ return; }", true)]
    [InlineData("// The peer is gone.\ncatch { throw; }", true)]
    public void The_rule_for_catch_tells_good_from_bad(string code, bool good)
    {
        string path = Path.GetTempFileName();
        try
        {
            string laidOut = code.Replace("{ ", "\n{\n", StringComparison.Ordinal).Replace(" }", "\n}", StringComparison.Ordinal);
            string[] lines = laidOut.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            File.WriteAllLines(path, lines);
            IsExplained(new SourceFile("x.cs", path), Array.FindIndex(lines, Catch().IsMatch)).Should().Be(good);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IEnumerable<string> Find(string folder, Func<SourceFile, int, bool> isBad) =>
        from file in Repository.SourcesIn(folder)
        from index in Enumerable.Range(0, file.Lines.Count)
        where isBad(file, index)
        select $"{file.At(index)}: {file.Lines[index].Trim()}";

    private static string CommentAbove(SourceFile file, int index)
    {
        int first = index;
        while (first > 0 && file.Lines[first - 1].TrimStart() is ['/', '/', ..] or ['[', ..])
        {
            first--;
        }

        return string.Join('\n', file.Lines.Skip(first).Take(index - first));
    }

    /// <summary>Whether a catch has a comment above it, on its line, or first in its block.</summary>
    private static bool IsExplained(SourceFile file, int index)
    {
        int block = index;
        while (block < file.Lines.Count && file.Lines[block].Trim() != "{")
        {
            block++;
        }

        return Comment().IsMatch(file.Lines[index])
            || (index > 0 && Comment().IsMatch(file.Lines[index - 1]))
            || (block + 1 < file.Lines.Count && Comment().IsMatch(file.Lines[block + 1]));
    }

    [GeneratedRegex(@"^max_line_length *= *(\d+) *$", RegexOptions.Multiline)]
    private static partial Regex MaxLineLength();

    [GeneratedRegex(@"\b(unsafe|DllImport|LibraryImport)\b")]
    private static partial Regex NativeCode();

    [GeneratedRegex(@"\bDateTime(Offset)?\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"^\s*(\}\s*)?catch\b")]
    private static partial Regex Catch();

    [GeneratedRegex(@"//.*\w")]
    private static partial Regex Comment();
}
