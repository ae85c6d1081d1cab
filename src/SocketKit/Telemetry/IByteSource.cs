namespace SocketKit.Telemetry;

/// <summary>A server, which knows its connections.</summary>
internal interface IByteSource
{
    Transport Transport { get; }

    /// <summary>The bytes of all connections that it has served and serves. Never decreases.</summary>
    ByteCount ReadBytes();

    /// <summary>Adds the bytes of those that have ended.</summary>
    void AddEndedTo(EndedBytes total);
}
