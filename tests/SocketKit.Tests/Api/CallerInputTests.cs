using System.Buffers;
using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Api;

/// <summary>
/// What a caller hands to the library may throw. <see cref="CallerInputs"/> names the test of each such thing; a new public member that
/// takes one fails here until it has a row.
/// </summary>
public sealed class CallerInputTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Code or resources of the caller's run, or are used, through these.</summary>
    private static readonly Type[] s_kinds =
    [
        typeof(Delegate), typeof(Memory<byte>), typeof(ReadOnlyMemory<byte>), typeof(ReadOnlySequence<byte>), typeof(SocketAddress),
        typeof(EndPoint), typeof(IPAddress), typeof(ILoggerFactory), typeof(ILogger), typeof(Stream), typeof(SafeHandle), typeof(Socket),
        typeof(CancellationToken), typeof(TimeProvider), typeof(Random), typeof(SocketOptions),
    ];

    [Fact]
    public void Everything_of_the_callers_that_may_throw_has_a_row()
    {
        string[] found = [.. Inputs().Order(StringComparer.Ordinal)];
        string[] rows = [.. CallerInputs.Rows.Keys.Order(StringComparer.Ordinal)];

        found.Should().HaveCountGreaterThan(50, "the surface was read");
        found.Except(rows).Should().BeEmpty("each needs a test, and a row in CallerInputs");
        rows.Except(found).Should().BeEmpty("these are not on the surface any more");
    }

    [SourceFact]
    public void Every_row_names_a_test_that_there_is()
    {
        IReadOnlyList<SourceFile> sources = Repository.SourcesIn("tests");
        foreach (CallerInputs.Test test in CallerInputs.Rows.Values.SelectMany(static tests => tests).Distinct())
        {
            SourceFile? file = sources.FirstOrDefault(source =>
                source.Path.EndsWith($"/{test.Class}.cs", StringComparison.Ordinal)
                && source.Lines.Any(line => line.Contains($" {test.Method}(", StringComparison.Ordinal)));
            file.Should().NotBeNull($"{test.Class} should have the test {test.Method}");
        }
    }

    private static IEnumerable<string> Inputs()
    {
        foreach (Type type in typeof(SocketBase).Assembly.GetExportedTypes())
        {
            foreach (MethodBase method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
            {
                if (IsWritten(method))
                {
                    string shown = string.Join(", ", method.GetParameters().Select(static each => Names.Of(each.ParameterType)));
                    foreach (ParameterInfo parameter in method.GetParameters().Where(IsInput))
                    {
                        yield return $"{Names.Of(type)}.{method.Name}({shown}) {parameter.Name}";
                    }
                }
            }

            IEnumerable<PropertyInfo> settable = type.GetProperties(Declared)
                .Where(static property => property.SetMethod is { IsPublic: true });
            foreach (PropertyInfo property in settable)
            {
                if (IsInput(property.PropertyType))
                {
                    yield return $"{Names.Of(type)}.{property.Name}";
                }
            }
        }
    }

    /// <summary>Not an accessor, an operator or a member that the compiler adds to a record.</summary>
    private static bool IsWritten(MethodBase method) =>
        (!method.IsSpecialName || method.IsConstructor) && method.Name is not ("Equals" or "PrintMembers" or "Deconstruct");

    private static bool IsInput(ParameterInfo parameter) => !parameter.IsOut && IsInput(parameter.ParameterType);

    private static bool IsInput(Type type)
    {
        if (type.IsByRef)
        {
            return IsInput(type.GetElementType()!);
        }

        return Array.Exists(s_kinds, kind => kind.IsAssignableFrom(type))
            || (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type))
            || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ReadOnlySpan<>) && IsInput(type.GetGenericArguments()[0]));
    }
}
