using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>
/// README.md links every guide page, and by way of samples/README.md every sample: what one of them names is two clicks away.
/// </summary>
public sealed partial class MembersTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private const string ChinesePage = ".zh-CN.md";

    /// <summary>What every type has; a page need not name it.</summary>
    private static readonly string[] s_ofEveryType =
        [nameof(Equals), nameof(GetHashCode), nameof(ToString), nameof(IDisposable.Dispose), nameof(IAsyncDisposable.DisposeAsync)];

    [SourceFact]
    public void Every_public_member_is_in_a_guide_page_or_a_sample() => NamesMissingFrom(chinese: false).Should().BeEmpty();

    [SourceFact]
    public void Every_public_member_is_in_a_Chinese_guide_page_or_a_sample() => NamesMissingFrom(chinese: true).Should().BeEmpty();

    [SourceFact]
    public void The_readme_links_every_guide_page()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root!, "README.md"));

        foreach (string page in Directory.GetFiles(Path.Combine(Repository.Root!, "samples/guide"), "*.md"))
        {
            readme.Should().Contain($"](samples/guide/{Path.GetFileName(page)})");
        }
    }

    private static string NamesMissingFrom(bool chinese)
    {
        string samples = Path.Combine(Repository.Root!, "samples");
        IEnumerable<string> pages = Directory.GetFiles(samples, "*.md", SearchOption.AllDirectories)
            .Where(page => page.EndsWith(ChinesePage, StringComparison.Ordinal) == chinese)
            .Append(Path.Combine(Repository.Root!, "README.md"));
        HashSet<string> words =
        [
            .. Repository.SourcesIn("samples").SelectMany(static file => file.Lines).Concat(pages.SelectMany(CodeOf))
                .SelectMany(static line => Word().Matches(line)).Select(static word => word.Value),
        ];
        return string.Join(", ", Names().Where(name => !words.Contains(name.Split('.')[^1])));
    }

    /// <summary>The code of a page: its blocks, and what stands between backticks.</summary>
    private static IEnumerable<string> CodeOf(string page)
    {
        bool inBlock = false;
        foreach (string line in File.ReadLines(page))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = !inBlock;
            }
            else if (inBlock)
            {
                yield return line;
            }
            else
            {
                foreach (string span in line.Split('`').Where(static (_, index) => index % 2 == 1))
                {
                    yield return span;
                }
            }
        }
    }

    private static IEnumerable<string> Names()
    {
        foreach (Type type in typeof(SocketBase).Assembly.GetExportedTypes())
        {
            string name = type.Name.Split('`')[0];
            yield return name;
            foreach (string member in type.GetMembers(Declared).Where(IsOwn).Select(static member => member.Name).Distinct())
            {
                yield return $"{name}.{member}";
            }
        }
    }

    /// <summary>Neither a constructor, nor an override, nor made by the compiler, nor of every type.</summary>
    private static bool IsOwn(MemberInfo member) => member switch
    {
        FieldInfo field => !field.IsSpecialName,
        PropertyInfo property => property.GetMethod is { } getter && getter.GetBaseDefinition() == getter,
        MethodInfo method => !method.IsSpecialName
            && method.GetBaseDefinition() == method
            && !method.IsDefined(typeof(CompilerGeneratedAttribute))
            && !s_ofEveryType.Contains(method.Name),
        _ => false,
    };

    // Not \w, which takes a Chinese character beside a name for a part of it.
    [GeneratedRegex("[A-Za-z0-9_]+")]
    private static partial Regex Word();
}
