namespace SocketKit.Engine.Polling;

/// <summary>One registration that a wait has found ready.</summary>
/// <param name="Key">The key that it was registered with.</param>
/// <param name="Seen">
/// What was found, whatever it is registered for. An error and the end of both directions count as readable and writable, too.
/// </param>
internal readonly record struct PollEvent(ulong Key, Readiness Seen);
