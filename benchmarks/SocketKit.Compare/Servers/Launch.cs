namespace SocketKit.Compare;

/// <summary>How a server is started.</summary>
/// <param name="SaysReady">Whether it prints <c>ready</c>; otherwise it is ready as soon as it accepts.</param>
internal sealed record Launch(IReadOnlyList<string> Command, bool SaysReady = true);
