using System.Net.Sockets;

namespace SocketKit.NetProbe;

/// <summary>Runs one call and prints how it ended: the exact type of its exception, and the error code where it has one.</summary>
internal static class Outcome
{
    public static void Print(string what, Func<object?> call)
    {
        try
        {
            Console.WriteLine($"{what}: {call()}");
        }
        catch (Exception exception)
        {
            // The test judges it.
            Console.WriteLine($"{what}: {Describe(exception)}");
        }
    }

    public static async Task PrintAsync(string what, Func<Task<object?>> call)
    {
        try
        {
            Console.WriteLine($"{what}: {await call().WaitAsync(TimeSpan.FromSeconds(30))}");
        }
        catch (Exception exception)
        {
            // The test judges it.
            Console.WriteLine($"{what}: {Describe(exception)}");
        }
    }

    public static string Describe(Exception exception) => exception switch
    {
        SocketConnectException connect when connect.Attempts.Count > 0 =>
            $"{nameof(SocketConnectException)} {connect.SocketErrorCode} of "
            + $"{string.Join('+', connect.Attempts.Select(static attempt => attempt.Error?.SocketErrorCode))}",
        SocketException socket => $"{exception.GetType().Name} {socket.SocketErrorCode}",
        _ => exception.GetType().Name,
    };
}
