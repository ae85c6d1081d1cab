using System.Text.RegularExpressions;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The samples speak Chinese, and where the system does not, each line is followed by its English.</summary>
public sealed partial class SampleLanguageTests
{
    public static TheoryData<string> Samples => new(SampleRunTests.Samples.Select(static row => (string)row[0]));

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task With_both_languages_each_Chinese_line_has_its_English_in_brackets(string sample)
    {
        using ChildProcess run = ChildProcess.StartSampleIn(new() { ["SOCKETKIT_LANG"] = "en" }, sample);
        run.EndInput();

        (await run.End()).Where(static line => Han().IsMatch(line) && !EnglishInBrackets().IsMatch(line)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_goes_over_the_wire_is_the_same_in_both_languages()
    {
        using ChildProcess server = ChildProcess.StartSampleIn(new() { ["SOCKETKIT_LANG"] = "en" }, "Quickstart", "server", "0");
        string listening = await server.LineWith("服务器正在监听...");
        using ChildProcess client = ChildProcess.StartSampleIn(
            new() { ["SOCKETKIT_LANG"] = "en" }, "Quickstart", "client", "localhost", Port().Match(listening).Groups[1].Value);

        (await client.End()).Should().Equal("接收到的数据: 谢谢你! (received data: 谢谢你!)");
        (await server.End()).Should().Contain("接收到的数据: 你好，服务器! (received data: 你好，服务器!)");
    }

    [LinuxTheory]
    [InlineData("zh_CN.UTF-8", "接收到的数据: 谢谢你!")]
    [InlineData("en_US.UTF-8", "接收到的数据: 谢谢你! (received data: 谢谢你!)")]
    [InlineData("C.UTF-8", "接收到的数据: 谢谢你! (received data: 谢谢你!)")]
    public async Task Without_the_variable_the_language_of_the_system_decides(string language, string line)
    {
        using ChildProcess run = ChildProcess.StartSampleIn(
            new() { ["SOCKETKIT_LANG"] = null, ["LC_ALL"] = null, ["LC_MESSAGES"] = null, ["LANG"] = language }, "Quickstart");

        (await run.End()).Should().Contain(line);
    }

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Han();

    [GeneratedRegex(@" \(.*[A-Za-z]{2}.*\)( .*)?$")]
    private static partial Regex EnglishInBrackets();

    [GeneratedRegex("端口:([0-9]+)")]
    private static partial Regex Port();
}
