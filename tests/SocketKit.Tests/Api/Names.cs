using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SocketKit.Tests.Api;

/// <summary>Types and parameters as C# writes them, with what may be null.</summary>
internal static class Names
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(double)] = "double",
    };

    public static NullabilityInfoContext Nullability { get; } = new();

    public static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    public static string Parameter(ParameterInfo parameter)
    {
        string by = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : string.Empty;
        bool isMany = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute));
        string many = isMany ? "params " : string.Empty;
        string value = parameter.HasDefaultValue ? $" = {Default(parameter)}" : string.Empty;
        return $"{many}{by}{Of(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}{value}";
    }

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Of(underlying)}?";
        }

        bool mayBeNull = !type.IsValueType && !type.IsGenericParameter && nullability?.ReadState == NullabilityState.Nullable;
        string mark = mayBeNull ? "?" : string.Empty;
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        return $"{(s_keywords.TryGetValue(type, out string? keyword) ? keyword : Plain(type, nullability))}{mark}";
    }

    public static string ConstraintsOf(Type[] parameters) => string.Concat(parameters
        .Select(static parameter => (parameter.Name, Types: parameter.IsGenericParameter ? parameter.GetGenericParameterConstraints() : []))
        .Where(static parameter => parameter.Types.Length > 0)
        .Select(static parameter => $" where {parameter.Name} : {string.Join(", ", parameter.Types.Select(static type => Of(type)))}"));

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        Type[] arguments = type.GetGenericArguments();
        NullabilityInfo[] states = nullability?.GenericTypeArguments ?? [];
        IEnumerable<string> shown = arguments.Select((argument, i) => Of(argument, i < states.Length ? states[i] : null));
        return type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
            ? $"({string.Join(", ", shown)})"
            : $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", shown)}>";
    }

    private static string Default(ParameterInfo parameter) => parameter.DefaultValue switch
    {
        null => parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
