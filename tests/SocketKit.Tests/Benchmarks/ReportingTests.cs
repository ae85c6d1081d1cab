using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using SocketKit.Compare;

namespace SocketKit.Tests.Benchmarks;

public sealed class ReportingTests
{
    private static readonly string[] s_servers = [SampleResults.Slow, SampleResults.Fast];

    [Fact]
    public void A_table_lines_up_as_text_and_is_Markdown()
    {
        var table = new Table("title", ["server", "msgs/s"], [["raw", "46,000"], ["a|b", "7"]]);

        table.ToMarkdown().ReplaceLineEndings("\n").Should().Be(
            """
            | server | msgs/s |
            |--------|-------:|
            | raw    | 46,000 |
            | a\|b   |      7 |

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(111_402.4, "111,402", "111 k")]
    [InlineData(11_780, "11,780", "11.8 k")]
    [InlineData(1_826_500, "1,826,500", "1.83 M")]
    [InlineData(24.26, "24.3", "24.3")]
    [InlineData(0.456, "0.46", "0.46")]
    public void Figures_have_as_many_digits_as_they_are_good_for(double value, string full, string brief)
    {
        Text.Number(value).Should().Be(full);
        Text.Short(value).Should().Be(brief);
    }

    [Fact]
    public void Every_column_of_every_table_is_explained()
    {
        Table[] tables = [.. SampleResults.All().Cells.Select(CellTables.Of)];

        string[] seconds = [.. Enumerable.Range(2, 9).Select(static second => $"{second} s")];
        foreach (string header in tables.SelectMany(static table => table.Headers).Distinct().Except(seconds).Except([Glossary.Server]))
        {
            Glossary.TermsOf(new HashSet<string> { header }).Should().ContainSingle(because: header);
        }

        tables.Should().AllSatisfy(static table => table.Rows.Should().AllSatisfy(row => row.Should().HaveCount(table.Headers.Count)));
    }

    [Fact]
    public void A_row_shows_the_median_its_range_and_both_ratios()
    {
        Table table = CellTables.Of(SampleResults.All().Cells[0]);

        table.Title.Should().Be("64/32/1: 64 connections, 32 B, 1 in flight each");
        table.Rows[1].Take(5).Should().Equal(SampleResults.Fast, "205", "200 – 210", "2.16×", "2.16× (2.10 – 2.22)");
    }

    [Fact]
    public void The_verdict_says_in_words_who_is_faster_and_by_how_much()
    {
        Verdict.Of(SampleResults.All().Cells, SampleResults.All().Rounds, isComplete: true).Should().Contain(
        [
            $"64/32/1: {SampleResults.Fast} is 2.16 times as fast as raw (2.10 to 2.22 in 2 rounds), "
                + "with 0.46 times its processor time for each message.",
            "All 48 runs were clean: every echo was right.",
        ]);
    }

    [Fact]
    public void A_sender_is_judged_by_its_rate_and_a_receiver_by_its_processor_time()
    {
        CellSummary[] cells = [.. SampleResults.All().Cells];

        Table send = CellTables.Of(Array.Find(cells, static cell => cell.Cell.Kind == LoadKind.Send)!);
        Table receive = CellTables.Of(Array.Find(cells, static cell => cell.Cell.Kind == LoadKind.Receive)!);

        send.Title.Should().Be("udp-send:1200: UDP sent one way, 1,200 B, to a receiver in C that takes each datagram by itself");
        send.Headers.Should().Contain([Glossary.SentPerSecond, Glossary.Ratio, Glossary.Received]).And.NotContain(Glossary.P99);
        receive.Title.Should().Be("udp-receive:1200: UDP received, 1,200 B, 100,000 datagrams per second from C in runs of 32");
        receive.Headers.Should().Contain([Glossary.CpuOfRound, Glossary.Dropped, Glossary.LoadCpu]).And.NotContain(Glossary.Ratio);
        Verdict.Of(cells, SampleResults.All().Rounds, isComplete: true).Should().ContainMatch(
            $"udp-receive:1200: at the same rate {SampleResults.Fast} takes 0.46 times the processor time of raw*");
    }

    [Fact]
    public void The_verdict_claims_no_difference_where_the_rounds_disagree()
    {
        Cell cell = CellParser.Parse("1/32/1");
        Round[] rounds = [SampleResults.RoundOf(cell, 1, 100, 110), SampleResults.RoundOf(cell, 2, 100, 95)];

        Verdict.Of(Summarizer.Summarize(rounds), rounds, isComplete: true)[0].Should().StartWith("1/32/1: no difference in speed between");
    }

    [Fact]
    public void The_verdict_does_not_hide_what_went_wrong()
    {
        Cell cell = CellParser.Parse("1/32/1");
        Round round = SampleResults.RoundOf(cell, 1, 100, 110);
        Round[] rounds =
        [
            round with
            {
                Disturbance = "other programs",
                Runs = [round.Runs[0] with { IsSteady = false }, round.Runs[1] with { Problem = "an echo is not what was sent" }],
            },
        ];

        string verdict = string.Join('\n', Verdict.Of(Summarizer.Summarize(rounds), rounds, isComplete: false));

        verdict.Should().StartWith("The machine was busy");
        verdict.Should().Contain("1 of 2 runs failed").And.Contain("an echo is not what was sent").And.Contain("did not become steady")
            .And.Contain("disturbed from outside").And.Contain("Not all planned rounds were run");
    }

    [Fact]
    public void Every_chart_is_well_formed_and_has_its_figures_as_text()
    {
        IReadOnlyList<Chart> charts = Charts.Of(SampleResults.All().Cells, s_servers);

        charts.Select(static chart => chart.Name).Should().Equal("throughput", "cpu", "latency", "connects", "idle", "work", "startup");
        foreach (Chart chart in charts)
        {
            XElement svg = XDocument.Parse(chart.ToText()).Root!;
            XNamespace names = svg.Name.Namespace;
            svg.Element(names + "title")!.Value.Should().NotBeEmpty();
            svg.Element(names + "desc")!.Value.Should().Contain(SampleResults.Slow).And.Contain(SampleResults.Fast);
            svg.Element(names + "style")!.Value.Should().Contain("prefers-color-scheme: dark");
            svg.ToString().Should().NotContainAny("NaN", "Infinity", "∞");
        }
    }

    [Fact]
    public void Labels_at_the_end_of_lines_do_not_cover_each_other()
    {
        Series[] series = [.. Enumerable.Range(0, 5).Select(static number => new Series($"{number}", number, [1, 100 + number]))];
        LinePanel[] panels = [new("panel", series)];

        Chart chart = LineChart.Draw("name", "title", "unit", ["a", "b"], panels, static _ => Scale.Logarithmic(1, 104));

        double[] heights =
        [
            .. chart.Svg.Descendants().Where(static text => $"{text.Attribute("class")}".Contains("label", StringComparison.Ordinal))
                .Select(static text => double.Parse(text.Attribute("y")!.Value, CultureInfo.InvariantCulture)),
        ];
        heights.Should().HaveCount(5);
        heights.Zip(heights.Skip(1), static (upper, lower) => lower - upper).Should().OnlyContain(static distance => distance > 15.9);
    }

    [Fact]
    public void The_JSON_has_every_round_with_every_run()
    {
        Results results = SampleResults.All();

        using var json = JsonDocument.Parse(JsonReport.Write(results));

        JsonElement root = json.RootElement;
        root.GetProperty("commit").GetString().Should().Be("0123abc");
        root.GetProperty("dirty").GetBoolean().Should().BeTrue();
        root.GetProperty("rounds").GetArrayLength().Should().Be(results.Rounds.Count);
        JsonElement run = root.GetProperty("rounds")[0].GetProperty("runs")[1];
        run.GetProperty("server").GetString().Should().Be(SampleResults.Fast);
        run.GetProperty("figures").GetProperty("msgs_per_s").GetDouble().Should().Be(210);
        root.GetProperty("cells")[0].GetProperty("servers")[1].GetProperty("ratios").GetProperty("msgs_per_s").GetProperty("ofRounds")
            .GetProperty("count").GetInt32().Should().Be(2);
    }

    [Fact]
    public void The_page_and_the_Markdown_show_all_cells_and_need_no_other_page()
    {
        Results results = SampleResults.All();
        IReadOnlyList<Chart> charts = Charts.Of(results.Cells, s_servers);

        string html = HtmlReport.Write(results, charts);
        string markdown = MarkdownReport.Write(results, charts);

        html.Should().Contain("A &lt;processor&gt;").And.Contain("epoll &amp; &lt;co&gt;").And.NotContain("<co>").And.NotContain("src=")
            .And.NotContain("<link").And.NotContain("<script");
        results.Cells.Select(CellTables.TitleOf).Should().AllSatisfy(title =>
        {
            WebUtility.HtmlDecode(html).Should().Contain(title);
            markdown.Should().Contain(title);
        });
        charts.Should().AllSatisfy(chart => markdown.Should().Contain($"]({chart.FileName})"));
        foreach (string page in (string[])[html, markdown])
        {
            page.IndexOf("Overview", StringComparison.Ordinal).Should().BePositive().And.BeLessThan(
                page.IndexOf("In words", StringComparison.Ordinal), "a table of all cells is read faster than a sentence for each");
        }
    }

    [Fact]
    public async Task All_files_of_a_report_are_written()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await ReportFolder.WriteAsync(folder, SampleResults.All());

            Directory.EnumerateFiles(folder).Select(Path.GetFileName).Should().Contain(
                ["results.json", "results.md", "index.html", "throughput.svg", "startup.svg"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
