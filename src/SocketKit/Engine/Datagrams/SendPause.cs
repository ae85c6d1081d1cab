namespace SocketKit.Engine.Datagrams;

/// <summary>
/// How long a send that met a full queue waits before its next attempt. No event tells when the queue of a Unix peer has room to which the
/// socket is not connected, and a network device empties its queue within milliseconds.
/// </summary>
internal static class SendPause
{
    public const int FirstMilliseconds = 1;
    private const int LongestMilliseconds = 8;

    public static int After(int milliseconds) => Math.Min(milliseconds * 2, LongestMilliseconds);
}
