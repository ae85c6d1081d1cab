using System.Xml.Linq;

namespace SocketKit.Compare;

/// <summary>A finished picture.</summary>
/// <param name="Name">Of its file, without the ending.</param>
/// <param name="Title">What it shows, which also is the text of a link to it.</param>
/// <param name="Svg">The picture, with all its figures as text in it.</param>
internal sealed record Chart(string Name, string Title, XElement Svg)
{
    public string FileName => Name + ".svg";

    /// <summary>The content of its file.</summary>
    public string ToText() => Svg.ToString() + "\n";
}
