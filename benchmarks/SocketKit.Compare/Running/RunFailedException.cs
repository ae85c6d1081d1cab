namespace SocketKit.Compare;

/// <summary>A server did not start, or a generator reported an error. The run does not count, and the others go on.</summary>
internal sealed class RunFailedException(string message) : Exception(message);
