namespace SocketKit.IntegrationTests.Kit;

/// <summary>Runs SocketKit.NetProbe where this process is not: in a namespace of its own, or without its rights.</summary>
internal static class NetProbe
{
    /// <summary>
    /// Starts a command in a network and mount namespace of its own, which ends with it, after the shell has set that up.
    /// </summary>
    public static string[] Namespace(string setup) =>
        ["unshare", "-n", "-m", "sh", "-ec", $"ip link set lo up; {setup}; exec \"$@\"", "sh"];

    /// <summary>A command that runs the rest without some rights (capabilities), also as root.</summary>
    public static string[] Without(string right) => ["setpriv", $"--bounding-set=-{right}", $"--inh-caps=-{right}"];

    /// <summary>The lines that the probe prints.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(string engine, string[] starter, params string[] command)
    {
        using ChildProcess probe =
            ChildProcess.StartSampleWith(["env", $"SOCKETKIT_ENGINE={engine}", .. starter], "SocketKit.NetProbe", command);
        return await probe.End();
    }
}
