using SocketKit;

/// <summary>
/// Names the routers on the way: a packet that may pass one router fewer than it needs is dropped, and the router says so to its sender.
/// </summary>
internal static class Trace
{
    private const int MostHops = 30;

    public static void Run(Echo echo)
    {
        Console.WriteLine($"TRACE {echo.Options.Host} ({echo.Target.Address})");
        for (int hops = 1; hops <= MostHops; hops++)
        {
            echo.LimitHops(hops);
            if (Ask(echo, hops) is { } kind && kind != IcmpMessageKind.TimeExceeded)
            {
                return;
            }
        }
    }

    private static IcmpMessageKind? Ask(Echo echo, int hops)
    {
        try
        {
            EchoResult result = echo.Ask((ushort)hops);
            double milliseconds = result.Time.TotalMilliseconds;
            Bilingual.WriteLine(
                $"{hops,2}  {result.Sender}  {milliseconds:0.000} 毫秒  {Name(result.Kind)}", $"{milliseconds:0.000} ms, {result.Kind}");
            return result.Kind;
        }
        catch (SocketTimeoutException)
        {
            // Many routers say nothing. Those behind them may.
            Bilingual.WriteLine($"{hops,2}  *", "no answer within 1 s");
            return null;
        }
    }

    private static string Name(IcmpMessageKind kind) => kind switch
    {
        IcmpMessageKind.TimeExceeded => "路由器",
        IcmpMessageKind.EchoReply => "目标",
        _ => "无法到达",
    };
}
