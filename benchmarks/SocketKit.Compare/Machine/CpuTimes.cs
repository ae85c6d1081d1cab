using System.Globalization;

namespace SocketKit.Compare;

/// <summary>Processor time of the whole machine since it started, in seconds, from /proc/stat.</summary>
/// <param name="Busy">User, nice and system time. The time of interrupts is not in it, because it also is in no process.</param>
/// <param name="Stolen">Time in which the host ran another guest.</param>
internal sealed record CpuTimes(double Busy, double Stolen)
{
    private const string Source = "/proc/stat";

    /// <summary>USER_HZ, in which the kernel shows times to programs (proc(5)).</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Columns of the first line (proc_stat(5)).</summary>
    private const int UserColumn = 1;
    private const int NiceColumn = 2;
    private const int SystemColumn = 3;
    private const int StealColumn = 8;

    /// <returns>Null where there is no such file.</returns>
    public static CpuTimes? Read() => File.Exists(Source) ? Parse(File.ReadLines(Source).First()) : null;

    public static CpuTimes? Parse(string line)
    {
        string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns.Length <= StealColumn || columns[0] != "cpu")
        {
            return null;
        }

        return new CpuTimes(Seconds(UserColumn) + Seconds(NiceColumn) + Seconds(SystemColumn), Seconds(StealColumn));

        double Seconds(int column) => double.Parse(columns[column], CultureInfo.InvariantCulture) / TicksPerSecond;
    }
}
