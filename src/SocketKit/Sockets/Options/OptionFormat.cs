using System.Text;

namespace SocketKit.Sockets.Options;

/// <summary>All option formats.</summary>
internal static class OptionFormat
{
    public static OptionFormat<bool> Switch { get; } = new SwitchFormat();

    public static OptionFormat<string> Name { get; } = new NameFormat();

    public static OptionFormat<TimeSpan> Seconds { get; } = new TimeFormat(TimeSpan.TicksPerSecond, "seconds");

    public static OptionFormat<TimeSpan> Milliseconds { get; } = new TimeFormat(TimeSpan.TicksPerMillisecond, "milliseconds");

    public static OptionFormat<TimeSpan> Microseconds { get; } = new TimeFormat(TimeSpan.TicksPerMicrosecond, "microseconds");

    public static OptionFormat<int> Number(int least = int.MinValue, int most = int.MaxValue) => new NumberFormat(least, most);

    private sealed class SwitchFormat : OptionFormat<bool>
    {
        public override void Check(bool value, string option, string parameter)
        {
            // Both values are valid.
        }

        public override int Write(bool value, Span<byte> buffer) => WriteInt(value ? 1 : 0, buffer);

        public override bool Read(ReadOnlySpan<byte> value) => ReadInt(value) != 0;
    }

    private sealed class NumberFormat(int least, int most) : OptionFormat<int>
    {
        public override void Check(int value, string option, string parameter)
        {
            if (value < least || value > most)
            {
                string range = most == int.MaxValue ? $"at least {least}" : $"{least} to {most}";
                throw new ArgumentOutOfRangeException(parameter, value, $"{option} is {range}.");
            }
        }

        public override int Write(int value, Span<byte> buffer) => WriteInt(value, buffer);

        public override int Read(ReadOnlySpan<byte> value) => ReadInt(value);
    }

    private sealed class TimeFormat(long ticksPerUnit, string unit) : OptionFormat<TimeSpan>
    {
        public override void Check(TimeSpan value, string option, string parameter)
        {
            if (value < TimeSpan.Zero || value.Ticks % ticksPerUnit != 0 || value.Ticks / ticksPerUnit > int.MaxValue)
            {
                throw new ArgumentOutOfRangeException(parameter, value, $"{option} is whole {unit}, 0 to {int.MaxValue}.");
            }
        }

        public override int Write(TimeSpan value, Span<byte> buffer) => WriteInt((int)(value.Ticks / ticksPerUnit), buffer);

        public override TimeSpan Read(ReadOnlySpan<byte> value) => new(ReadInt(value) * ticksPerUnit);
    }

    private sealed class NameFormat : OptionFormat<string>
    {
        public override void Check(string value, string option, string parameter)
        {
            ArgumentNullException.ThrowIfNull(value, parameter);
            if (value.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(value) >= MostBytes)
            {
                throw new ArgumentException($"{option} is a name of at most {MostBytes - 1} bytes, without NUL.", parameter);
            }
        }

        public override int Write(string value, Span<byte> buffer)
        {
            // The NUL is part of the value, so that an empty name ("no interface") is a value, too.
            int length = Encoding.UTF8.GetBytes(value, buffer);
            buffer[length] = 0;
            return length + 1;
        }

        public override string Read(ReadOnlySpan<byte> value)
        {
            int end = value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
        }
    }
}
