using System.Globalization;

namespace SocketKit.Compare;

/// <summary>Text that looks the same in every country.</summary>
internal static class Text
{
    public static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A figure with as many digits as it is good for.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => Of($"{value:N0}"),
        >= 10 => Of($"{value:0.0}"),
        _ => Of($"{value:0.00}"),
    };

    /// <summary>In thousands or millions where that is shorter.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e6 => Of($"{value / 1e6:0.00} M"),
        >= 1e5 => Of($"{value / 1e3:0} k"),
        >= 1e3 => Of($"{value / 1e3:0.0} k"),
        _ => Number(value),
    };

    public static string Ratio(double value) => Of($"{value:0.00}×");

    public static string Time(TimeSpan time) => time.TotalSeconds switch
    {
        < 60 => Of($"{Math.Ceiling(time.TotalSeconds):0} s"),
        < 3600 => Of($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => Of($"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    public static string Many(int count, string thing) => Of($"{count:N0} {thing}{(count == 1 ? string.Empty : "s")}");
}
