namespace SocketKit.Load;

/// <summary>A measurement cannot go on. The message says why.</summary>
internal sealed class MeasureException(string message) : Exception(message);
