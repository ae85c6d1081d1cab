using System.Reflection;
using System.Xml.Linq;

namespace SocketKit.Tests.Api;

/// <summary>The XML file of the library describes what its users can reach, all of it and nothing else.</summary>
public sealed class PublicDocsTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] s_ids =
    [
        .. XDocument.Load(Path.Combine(AppContext.BaseDirectory, "SocketKit.xml")).Descendants("member")
            .Select(static member => (string)member.Attribute("name")!),
    ];

    [Fact]
    public void Every_documented_member_is_public_and_every_public_member_is_documented()
    {
        // Overloads have the same name here, so it stands once for each. A constructor without parameters is the compiler's.
        IEnumerable<string> documented = s_ids.Select(static id => id.Split('(', '~')[0]);

        documented.Should().BeEquivalentTo(PublicNames());
    }

    [Fact]
    public void Every_link_to_the_library_leads_to_a_documented_member()
    {
        XDocument docs = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "SocketKit.xml"));
        IEnumerable<string> links = docs.Descendants().Attributes("cref").Select(static link => link.Value)
            .Where(static link => link[2..].StartsWith("SocketKit.", StringComparison.Ordinal));

        links.Distinct().Except(s_ids).Should().BeEmpty();
    }

    private static IEnumerable<string> PublicNames()
    {
        foreach (Type type in typeof(SocketBase).Assembly.GetExportedTypes())
        {
            string name = type.FullName!.Replace('+', '.');
            yield return $"T:{name}";
            foreach (MemberInfo member in type.GetMembers(Declared))
            {
                string? id = member switch
                {
                    FieldInfo field when (field.IsPublic || field.IsFamily) && !field.IsSpecialName => $"F:{name}.{field.Name}",
                    PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsVisible) => $"P:{name}.{property.Name}",
                    EventInfo shown when IsVisible(shown.AddMethod!) => $"E:{name}.{shown.Name}",
                    ConstructorInfo made when IsVisible(made) && made.GetParameters().Length > 0 => $"M:{name}.#ctor",
                    MethodInfo method when IsVisible(method) && IsWritten(method) => $"M:{name}.{method.Name}{Arity(method)}",
                    _ => null,
                };
                if (id is not null)
                {
                    yield return id;
                }
            }
        }
    }

    private static string Arity(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"``{method.GetGenericArguments().Length}" : string.Empty;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>Not an accessor, and not what the compiler adds: there is no comment to write on those.</summary>
    private static bool IsWritten(MethodInfo method) =>
        !method.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute))
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));
}
