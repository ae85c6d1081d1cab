namespace SocketKit.Compare;

/// <summary>The generator's keys that are used here by name.</summary>
internal static class Keys
{
    public const string P50 = "p50_us";
    public const string P99 = "p99_us";
    public const string P999 = "p999_us";
    public const string Max = "max_us";
    public const string Starved = "starved";
    public const string Unanswered = "unanswered";
    public const string Lost = "lost";
    public const string Errors = "errors";
    public const string LoadCpu = "load_cpu";
    public const string ServerCpu = "server_cpu";
    public const string BytesPerConnection = "server_bytes_per_conn";
    public const string HandlersPerSecond = "handlers_per_s";

    public const string ResumedShare = "resumed_share";

    /// <summary>Datagrams one way: all that were sent or received from the first one on, and the part that arrived.</summary>
    public const string Sent = "sent";

    public const string Received = "received";
    public const string Bytes = "bytes";
    public const string ReceivedShare = "received_share";

    /// <summary>In front of the receiver, in the measurement.</summary>
    public const string Dropped = "dropped";

    /// <summary>Processor time of a sender for each datagram.</summary>
    public const string SenderCpu = "cpu_us_per_msg";

    /// <summary>What the generator was told, and says again; the same for all servers.</summary>
    public static readonly IReadOnlySet<string> Settings = new HashSet<string>
    {
        "connections", "size", "depth", "rate", "seconds", "batch", "segments",
    };

    public static string PerSecond(string unit) => $"{unit}s_per_s";

    public static string Cpu(string unit) => $"server_cpu_us_per_{unit}";
}
