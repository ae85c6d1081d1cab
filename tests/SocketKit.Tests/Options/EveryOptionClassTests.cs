using System.Globalization;
using System.Reflection;
using SocketKit.Framing;
using Infinite = System.Threading.Timeout;

namespace SocketKit.Tests.Options;

/// <summary>Rules for all option classes, found by reflection, so that a new class or property has to keep them, too.</summary>
public sealed class EveryOptionClassTests
{
    /// <summary>Infinite or unset on purpose: api.md says so, because the caller decides how long it wants to wait.</summary>
    private static readonly string[] s_withoutLimit =
        ["ReceiveTimeout", "SendTimeout", "AcceptTimeout", "IdleTimeout", "UserTimeout", "MaxConnectionsPerAddress"];

    private static readonly Type[] s_classes =
    [
        .. typeof(SocketOptions).Assembly.GetExportedTypes()
            .Where(static type => type.IsSubclassOf(typeof(SocketOptions)) && !type.IsAbstract)
            .OrderBy(static type => type.Name, StringComparer.Ordinal),
    ];

    [Fact]
    public void Defaults_pass_their_own_checks()
    {
        s_classes.Should().Contain([typeof(TcpClientOptions), typeof(TcpServerOptions)]);
        foreach (Type type in s_classes)
        {
            Action validate = () => New(type).Validate();

            validate.Should().NotThrow(type.Name);
        }
    }

    /// <summary>GHSA-c2rx-5r8w-8xr2: a limit that is unlimited unless somebody thinks of it protects nobody.</summary>
    [Fact]
    public void Every_limit_has_a_finite_default()
    {
        (Type Type, PropertyInfo Property)[] limits = [.. Properties().Where(static found => IsLimit(found.Property))];

        limits.Select(Show).Should().Contain(
            ["TcpClientOptions.ConnectTimeout", "TcpServerOptions.MaxConnections", "TcpServerOptions.Backlog"]);
        limits.Where(static found => !IsFinite(found)).Select(Show).Should().BeEmpty();
    }

    /// <summary>The same for messages. Their time has no limit by default, because their minimum rate has one.</summary>
    [Fact]
    public void Every_limit_of_messages_has_a_finite_default()
    {
        string[] others = [nameof(MessageOptions.MessageTimeout), nameof(MessageOptions.EndWhenStopping)];
        var options = new MessageOptions();
        object[] values =
        [
            .. typeof(MessageOptions).GetProperties()
                .Where(property => !others.Contains(property.Name))
                .Select(property => property.GetValue(options) ?? MessageFraming.LengthPrefix().DefaultMaxMessageSize),
        ];

        values.Should().HaveCount(4);
        values.Select(static value => Convert.ToInt64(value, CultureInfo.InvariantCulture))
            .Should().AllSatisfy(static value => value.Should().BeInRange(1, 16 * 1024 * 1024));
    }

    [Fact]
    public void Every_number_and_every_time_has_a_value_that_is_refused()
    {
        var accepted = new List<string>();
        foreach ((Type type, PropertyInfo property) in Properties())
        {
            object? bad = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
            {
                var kind when kind == typeof(int) => -2,
                var kind when kind == typeof(TimeSpan) => TimeSpan.FromTicks(-2),
                _ => null,
            };
            if (bad is null)
            {
                continue;
            }

            SocketOptions options = New(type);
            property.SetValue(options, bad);
            ArgumentException? thrown = Refusal(options);
            if (thrown?.ParamName != property.Name)
            {
                accepted.Add($"{Show((type, property))} = {bad}: {thrown?.ParamName ?? "accepted"}");
            }
        }

        accepted.Should().BeEmpty();
    }

    private static IEnumerable<(Type Type, PropertyInfo Property)> Properties() =>
        from type in s_classes
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.CanWrite
        select (type, property);

    private static bool IsLimit(PropertyInfo property) =>
        !s_withoutLimit.Contains(property.Name)
        && (property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(TimeSpan?) || property.PropertyType == typeof(int)
            || property.Name.StartsWith("Max", StringComparison.Ordinal));

    private static bool IsFinite((Type Type, PropertyInfo Property) found) => found.Property.GetValue(New(found.Type)) switch
    {
        TimeSpan time => time != Infinite.InfiniteTimeSpan && time < TimeSpan.FromDays(1),
        int number => number is > 0 and < int.MaxValue,
        long number => number is > 0 and < long.MaxValue,

        // Linger: null leaves closing to the kernel, which has its own limit.
        null => found.Property.Name == nameof(TcpOptions.Linger),
        _ => true,
    };

    private static ArgumentException? Refusal(SocketOptions options)
    {
        try
        {
            options.Validate();
            return null;
        }
        catch (ArgumentException exception)
        {
            // The result: the caller looks at which option it names.
            return exception;
        }
    }

    private static SocketOptions New(Type type) => (SocketOptions)Activator.CreateInstance(type)!;

    private static string Show((Type Type, PropertyInfo Property) found) => $"{found.Type.Name}.{found.Property.Name}";
}
