namespace SocketKit.Load;

/// <summary>Ends a run of the generator that cannot go on: the message says why.</summary>
internal sealed class GenerateException(string message) : Exception(message);
