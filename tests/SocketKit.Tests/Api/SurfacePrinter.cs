using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace SocketKit.Tests.Api;

/// <summary>
/// Prints what a user of an assembly can see: types and members, one per line, in an order that does not depend on the sources.
/// </summary>
internal static class SurfacePrinter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Print(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Header(type)}\n");
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => IsReadOnly(type) ? "readonly struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        string[] bases =
        [
            .. type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType ? [Names.Of(parent)] : Array.Empty<string>(),
            .. DirectInterfaces(type).Select(static shown => Names.Of(shown)).Order(StringComparer.Ordinal),
        ];
        string inherits = bases.Length > 0 ? $" : {string.Join(", ", bases)}" : string.Empty;
        return $"{kind} {type.Namespace}.{Names.Of(type)}{inherits}{Names.ConstraintsOf(type.GetGenericArguments())}";
    }

    private static IEnumerable<Type> DirectInterfaces(Type type) => type.IsEnum
        ? []
        : type.GetInterfaces().Where(shown => shown.IsVisible && type.BaseType?.GetInterfaces().Contains(shown) != true);

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{Enum.Format(type, Enum.Parse(type, name), "d"),3} {name}");
        }

        return
        [
            .. type.GetConstructors(Declared).Where(IsVisible).Select(static made => $"{Access(made)}new({Names.Parameters(made)})"),
            .. type.GetFields(Declared).Where(static field => field.IsPublic || field.IsFamily).Select(Field),
            .. type.GetProperties(Declared).Select(Property).OfType<string>(),
            .. type.GetEvents(Declared).Where(static shown => IsVisible(shown.AddMethod!)).Select(Event),
            .. type.GetMethods(Declared).Where(static method => IsVisible(method) && IsWritten(method)).Select(Method),
            .. type.GetNestedTypes(BindingFlags.Public).Select(static nested => $"type {nested.Name}"),
        ];
    }

    private static string Event(EventInfo shown) => $"event {Names.Of(shown.EventHandlerType!)} {shown.Name}";

    private static string Field(FieldInfo field)
    {
        string kind = field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty;
        return $"{kind}{Names.Of(field.FieldType, Names.Nullability.Create(field))} {field.Name}";
    }

    private static string? Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(IsVisible)];
        if (accessors.Length == 0)
        {
            return null;
        }

        string access = string.Concat(accessors
            .OrderBy(static accessor => accessor.Name, StringComparer.Ordinal)
            .Select(static accessor => accessor.ReturnType == typeof(void) ? IsInit(accessor) ? " init;" : " set;" : " get;"));
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length > 0 ? $"this[{string.Join(", ", index.Select(Names.Parameter))}]" : property.Name;
        return $"{Access(accessors[0])}{Names.Of(property.PropertyType, Names.Nullability.Create(property))} {name} {{{access} }}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(static argument => argument.Name))}>"
            : string.Empty;
        string extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : string.Empty;
        string result = Names.Of(method.ReturnType, Names.Nullability.Create(method.ReturnParameter));
        string constraints = Names.ConstraintsOf(method.IsGenericMethodDefinition ? method.GetGenericArguments() : []);
        return $"{Access(method)}{result} {method.Name}{generic}({extension}{Names.Parameters(method)}){constraints}";
    }

    private static string Access(MethodBase method) =>
        (method.IsPublic ? string.Empty : "protected ")
        + (method.IsStatic ? "static "
            : method is MethodInfo { IsVirtual: true, IsFinal: false } info
                ? info.IsAbstract ? "abstract " : info.GetBaseDefinition() == info ? "virtual " : "override "
                : string.Empty);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>Not an accessor, and not what the compiler adds to a record.</summary>
    private static bool IsWritten(MethodInfo method) =>
        (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && !method.IsDefined(typeof(CompilerGeneratedAttribute));

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsReadOnly(Type type) => type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false);
}
