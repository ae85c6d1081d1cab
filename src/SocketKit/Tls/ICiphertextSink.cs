namespace SocketKit.Tls;

/// <summary>Takes what a session sends. It keeps the order of the calls, and never waits.</summary>
internal interface ICiphertextSink
{
    void Send(ReadOnlySpan<byte> ciphertext);
}
