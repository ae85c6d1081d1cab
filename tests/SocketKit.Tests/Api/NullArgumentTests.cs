using System.Net;
using System.Net.Sockets;
using System.Reflection;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Api;

/// <summary>Every public method, found by reflection, with null where its signature says that null is not allowed.</summary>
public sealed class NullArgumentTests
{
    private static readonly NullabilityInfoContext s_nullability = new();

    [Fact]
    public async Task Null_is_refused_by_name_and_never_dereferenced()
    {
        var wrong = new List<string>();
        int tried = 0;
        using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using (first)
        using (second)
        {
            foreach ((object? target, MethodInfo method) in Methods(server, first, SocketOption.Mark))
            {
                foreach (ParameterInfo parameter in method.GetParameters().Where(RefusesNull))
                {
                    tried++;
                    string signature = string.Join(", ", method.GetParameters().Select(static one => one.Name));
                    string call = $"{method.DeclaringType!.Name}.{method.Name}({signature})";
                    Exception? thrown = await CallAsync(target, method, parameter, first);
                    if (thrown is not ArgumentException argument || argument.ParamName != parameter.Name)
                    {
                        wrong.Add($"{call} with {parameter.Name} null: {thrown?.GetType().Name ?? "nothing"}: {thrown?.Message}");
                    }
                }
            }
        }

        tried.Should().BeGreaterThan(15);
        wrong.Should().BeEmpty();
    }

    /// <summary>Static methods of all types, and those of the given objects.</summary>
    private static IEnumerable<(object? Target, MethodInfo Method)> Methods(params object[] targets)
    {
        IEnumerable<(object? Target, MethodInfo Method)> statics =
            from type in typeof(SocketBase).Assembly.GetExportedTypes()
            where !type.ContainsGenericParameters
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            select ((object?)null, method);
        IEnumerable<(object? Target, MethodInfo Method)> instances =
            from target in targets
            from method in target.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance)
            where method.DeclaringType!.Assembly == typeof(SocketBase).Assembly
            select ((object?)target, method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(int)) : method);
        return statics.Concat(instances).Where(static found =>
            !found.Method.IsSpecialName && found.Method.GetParameters().All(static parameter => !parameter.ParameterType.IsByRefLike));
    }

    private static bool RefusesNull(ParameterInfo parameter) =>
        !parameter.IsOut
        && !parameter.ParameterType.IsValueType
        && !parameter.ParameterType.IsByRef
        && s_nullability.Create(parameter).WriteState == NullabilityState.NotNull;

    private static async Task<Exception?> CallAsync(object? target, MethodInfo method, ParameterInfo nothing, TcpConnection connection)
    {
        object?[] arguments = [.. method.GetParameters().Select(
            parameter => parameter.Position == nothing.Position ? null : Good(parameter, connection))];
        try
        {
            switch (method.Invoke(target, arguments))
            {
                case Task task:
                    await task.Within();
                    break;
                case ValueTask task:
                    await task.Within();
                    break;
                case IDisposable made:
                    made.Dispose();
                    break;
            }

            return null;
        }
        catch (TargetInvocationException exception)
        {
            // Reflection wraps what the method throws at once.
            return exception.InnerException;
        }
        catch (Exception exception)
        {
            // What the task threw; the caller compares it with what is right.
            return exception;
        }
    }

    private static object? Good(ParameterInfo parameter, TcpConnection connection) => parameter switch
    {
        { IsOut: true } => null,
        { HasDefaultValue: true } => parameter.ParameterType.IsValueType && parameter.DefaultValue is null
            ? Activator.CreateInstance(parameter.ParameterType)
            : parameter.DefaultValue,
        { ParameterType: var type } when type == typeof(string) => "127.0.0.1",
        { ParameterType: var type } when type == typeof(int) => 1,
        { ParameterType: var type } when type == typeof(IPEndPoint) => new IPEndPoint(IPAddress.Loopback, 1),
        { ParameterType: var type } when type == typeof(Socket) => null,
        { ParameterType: var type } when type == typeof(StreamConnection) => connection,
        { ParameterType: var type } when type == typeof(SocketOption<int>) => SocketOption.Mark,
        { ParameterType.IsValueType: true } => Activator.CreateInstance(parameter.ParameterType),
        _ => null,
    };
}
