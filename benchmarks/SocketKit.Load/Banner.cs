using System.Net;
using System.Runtime.InteropServices;

namespace SocketKit.Load;

/// <summary>What every server says of itself before it serves, so that a comparison can show what it has compared.</summary>
internal static class Banner
{
    /// <summary>Engine of the servers that use System.Net.Sockets without this library.</summary>
    public const string Plain = "System.Net.Sockets";

    public static void Print(string server, SocketEngine? engine, int bufferSize, EndPoint? listening) =>
        Print(server, (engine ?? SocketEngine.Default).Description, bufferSize, listening);

    public static void Print(string server, string engine, int bufferSize, EndPoint? listening)
    {
        Console.WriteLine(
            $"server={server} engine=\"{engine}\" runtime=\"{RuntimeInformation.FrameworkDescription}\" buffer={bufferSize} "
            + $"listening={listening}");
        Console.WriteLine("ready");
    }
}
