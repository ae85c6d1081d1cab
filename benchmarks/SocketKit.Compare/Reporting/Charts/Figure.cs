using System.Globalization;
using System.Xml.Linq;

namespace SocketKit.Compare;

/// <summary>The parts of a picture, in the coordinates of SVG: x to the right, y downwards.</summary>
internal sealed class Figure(double width)
{
    /// <summary>Colours for servers, in their order; further ones begin again.</summary>
    public const int Colours = 8;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>
    /// Light by default, dark where the reader's system is. The picture brings its own background, so it can be read on any page.
    /// </summary>
    private const string Style = """
        svg.chart text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
        svg.chart .title { font-size: 16px; font-weight: 600; }
        svg.chart .panel { font-weight: 600; }
        svg.chart .muted { fill: #59636e; }
        svg.chart .back { fill: #ffffff; }
        svg.chart .grid { stroke: #d1d9e0; }
        svg.chart .ends { stroke: #1f2328; stroke-width: 1.5; }
        svg.chart .s0 { fill: #818b98; stroke: #818b98; } svg.chart .s1 { fill: #0969da; stroke: #0969da; }
        svg.chart .s2 { fill: #1a7f37; stroke: #1a7f37; } svg.chart .s3 { fill: #bc4c00; stroke: #bc4c00; }
        svg.chart .s4 { fill: #8250df; stroke: #8250df; } svg.chart .s5 { fill: #bf3989; stroke: #bf3989; }
        svg.chart .s6 { fill: #9a6700; stroke: #9a6700; } svg.chart .s7 { fill: #1b7c83; stroke: #1b7c83; }
        svg.chart .line { fill: none; stroke-width: 2; } svg.chart .label { stroke: none; }
        @media (prefers-color-scheme: dark) {
          svg.chart text { fill: #f0f6fc; } svg.chart .muted { fill: #9198a1; } svg.chart .back { fill: #0d1117; }
          svg.chart .grid { stroke: #3d444d; } svg.chart .ends { stroke: #f0f6fc; }
          svg.chart .s0 { fill: #9198a1; stroke: #9198a1; } svg.chart .s1 { fill: #4493f8; stroke: #4493f8; }
          svg.chart .s2 { fill: #3fb950; stroke: #3fb950; } svg.chart .s3 { fill: #db6d28; stroke: #db6d28; }
          svg.chart .s4 { fill: #ab7df8; stroke: #ab7df8; } svg.chart .s5 { fill: #db61a2; stroke: #db61a2; }
          svg.chart .s6 { fill: #d29922; stroke: #d29922; } svg.chart .s7 { fill: #39c5cf; stroke: #39c5cf; }
          svg.chart .line { fill: none; } svg.chart .label { stroke: none; }
        }
        """;

    private readonly List<XElement> _parts = [];

    /// <summary>The lowest point of what is in it so far.</summary>
    public double Bottom { get; set; }

    public void Add(string element, string classes, params (string Name, double Value)[] attributes) =>
        _parts.Add(new XElement(s_svg + element, new XAttribute("class", classes), attributes.Select(static attribute =>
            new XAttribute(attribute.Name, Number(attribute.Value)))));

    public void AddText(double x, double y, string text, string classes = "", string anchor = "start") =>
        _parts.Add(new XElement(s_svg + "text", new XAttribute("x", Number(x)), new XAttribute("y", Number(y)),
            new XAttribute("class", classes), new XAttribute("text-anchor", anchor), text));

    /// <summary>A line through points. Each colour also has its own dashes, for those who cannot tell the colours apart.</summary>
    public void AddLine(IEnumerable<(double X, double Y)> points, int colour) =>
        _parts.Add(new XElement(
            s_svg + "polyline", new XAttribute("class", $"s{colour % Colours} line"),
            new XAttribute("stroke-dasharray", (colour % 4) switch { 0 => "none", 1 => "8 3", 2 => "2 3", _ => "10 3 2 3" }),
            new XAttribute("points", string.Join(' ', points.Select(static point => $"{Number(point.X)},{Number(point.Y)}")))));

    /// <summary>The whole picture, with its text alternative.</summary>
    public Chart ToChart(string name, string title, string description) => new(name, title, new XElement(
        s_svg + "svg",
        new XAttribute("class", "chart"),
        new XAttribute("viewBox", $"0 0 {Number(width)} {Number(Bottom)}"),
        new XAttribute("width", Number(width)),
        new XAttribute("height", Number(Bottom)),
        new XAttribute("role", "img"),
        new XAttribute("aria-labelledby", $"{name}-title {name}-desc"),
        new XElement(s_svg + "title", new XAttribute("id", $"{name}-title"), title),
        new XElement(s_svg + "desc", new XAttribute("id", $"{name}-desc"), description),
        new XElement(s_svg + "style", Style),
        new XElement(s_svg + "rect", new XAttribute("class", "back"), new XAttribute("width", Number(width)),
            new XAttribute("height", Number(Bottom))),
        _parts));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
