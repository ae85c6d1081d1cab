using System.Text.RegularExpressions;

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
        files.Where(static file => file.Lines.Count > MostLines).Select(static file => $"{file}: {file.Lines.Count} lines").Should().BeEmpty();
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

    [SourceFact]
    public void Deadlines_never_look_at_the_wall_clock()
    {
        IEnumerable<string> found = Find("src", static (file, index) => WallClock().IsMatch(file.CodeOf(index)));

        found.Should().BeEmpty();
    }

    [SourceFact]
    public void A_catch_that_swallows_says_why()
    {
        IEnumerable<string> found = Find("src", static (file, index) =>
            Catch().Match(file.CodeOf(index)) is { Success: true } match && !HandsOnOrExplains(file, index, match.Groups["name"].Value));

        found.Should().BeEmpty();
    }

    [Theory]
    [InlineData("catch (SocketException) { return; }", false)]
    [InlineData("catch (SocketException exception) { return; }", false)]
    [InlineData("catch (SocketException exception) { Log(exception); }", true)]
    [InlineData("catch { socket.Dispose(); throw; }", true)]
    [InlineData("catch (ObjectDisposedException) { return Transfer.Ended(ChannelStatus.Closed); }", true)]
    [InlineData("catch (SocketException) { /* */ // The peer is gone.\n }", true)]
    public void The_rule_for_catch_tells_good_from_bad(string code, bool good)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, code.Replace("{ ", "\n{\n", StringComparison.Ordinal).Replace(" }", "\n}", StringComparison.Ordinal));
            var file = new SourceFile("x.cs", path);
            HandsOnOrExplains(file, 0, Catch().Match(file.Lines[0]).Groups["name"].Value).Should().Be(good);
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

    /// <summary>Whether the block of a catch throws, gives a status, uses the exception, or has a comment.</summary>
    private static bool HandsOnOrExplains(SourceFile file, int index, string name)
    {
        int indent = Indent(file.Lines[index]);
        for (int i = index + 1; i < file.Lines.Count; i++)
        {
            string line = file.Lines[i];
            if (line.TrimStart().StartsWith('}') && Indent(line) == indent)
            {
                return false;
            }

            if (line.Contains("//", StringComparison.Ordinal)
                || HandsOn().IsMatch(line)
                || (name.Length > 0 && Regex.IsMatch(line, $@"\b{name}\b", RegexOptions.None, TimeSpan.FromSeconds(1))))
            {
                return true;
            }
        }

        return false;
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"\b(unsafe|DllImport|LibraryImport)\b")]
    private static partial Regex NativeCode();

    [GeneratedRegex(@"\bDateTime(Offset)?\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"^\s*catch\b(\s*\([\w.]+(\s+(?<name>\w+))?\))?")]
    private static partial Regex Catch();

    [GeneratedRegex(@"\b(throw|ChannelStatus)\b")]
    private static partial Regex HandsOn();
}
