using System.Diagnostics;
using SocketKit;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>Asks several times and sums up.</summary>
internal static class Ping
{
    public static void Run(Echo echo)
    {
        Console.WriteLine($"PING {echo.Options.Host} ({echo.Target.Address})");
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        for (int sequence = 1; sequence <= echo.Options.Count; sequence++)
        {
            if (AskOnce(echo, (ushort)sequence) is { } time)
            {
                times.Add(time);
            }

            TimeSpan wait = (echo.Options.Interval * sequence) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero && sequence < echo.Options.Count)
            {
                Thread.Sleep(wait);
            }
        }

        if (echo.Options.Sums)
        {
            Sum(echo.Options.Count, times);
        }
    }

    /// <summary>Returns the milliseconds of the round trip; null if there was no reply.</summary>
    private static double? AskOnce(Echo echo, ushort sequence)
    {
        try
        {
            EchoResult result = echo.Ask(sequence);
            double milliseconds = result.Time.TotalMilliseconds;
            if (result.Kind != IcmpMessageKind.EchoReply)
            {
                Bilingual.WriteLine($"{result.Sender}: 序号={sequence} {result.Kind}", $"sequence={sequence} was not delivered");
                return null;
            }

            Bilingual.WriteLine(
                $"来自 {result.Sender} 的回复: 序号={sequence} 时间={milliseconds:0.000} 毫秒",
                $"reply from {result.Sender}: sequence={sequence} time={milliseconds:0.000} ms");
            return milliseconds;
        }
        catch (SocketTimeoutException)
        {
            // A reply may get lost; the next request may be answered.
            Bilingual.WriteLine($"序号={sequence}: 1 秒内没有回复", $"sequence={sequence}: no reply within 1 s");
        }
        catch (SocketException exception)
        {
            // No route, for one. As ping does: say so and try the next.
            Bilingual.WriteLine($"序号={sequence}: {exception.Message}", $"sequence={sequence} failed");
        }

        return null;
    }

    private static void Sum(int sent, List<double> times)
    {
        int lost = sent - times.Count;
        double percent = 100.0 * lost / sent;
        Bilingual.WriteLine(
            $"已发送 {sent} 个，收到 {times.Count} 个，丢失 {lost} 个 ({percent:0}%)",
            $"sent {sent}, received {times.Count}, lost {lost}: {percent:0}%");
        if (times.Count > 0)
        {
            string numbers = $"{times.Min():0.000} / {times.Average():0.000} / {times.Max():0.000}";
            Bilingual.WriteLine($"最短/平均/最长 = {numbers} 毫秒", $"min/avg/max = {numbers} ms");
        }
    }
}
