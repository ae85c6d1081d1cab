namespace SocketKit.Tls;

/// <summary>
/// TLS: ciphertext is put in on one side, plaintext comes out on the other, and after the handshake nothing waits. What it sends goes to
/// an <see cref="ICiphertextSink"/>. <see cref="SslStreamSession"/> is the only one so far. A TLS of a later runtime that does no input
/// or output of its own would be another.
/// </summary>
/// <remarks>
/// The handshake comes first, and nothing else runs beside it. Reads and <see cref="Finish"/> exclude each other, and so do writes and
/// <see cref="Finish"/>. A read and a write do not.
/// </remarks>
internal interface ITlsSession : IDisposable
{
    /// <summary>
    /// Runs the handshake, once. It is the only part that may wait: it asks its transport for ciphertext, and a transport that blocks makes
    /// the whole handshake run on the calling thread.
    /// </summary>
    /// <returns>What the two sides have agreed on.</returns>
    /// <exception cref="HandshakeTransportException">The transport has ended the handshake.</exception>
    Task<TlsInfo> AuthenticateAsync(TlsHandshake handshake, HandshakeTransport transport, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a read would not wait: plaintext is there, or the peer's close_notify, or the end of the transport, or a failure.
    /// </summary>
    bool IsReadable { get; }

    /// <summary>Whether it holds a buffer for ciphertext, empty or with the beginning of a record.</summary>
    bool HoldsBuffer { get; }

    /// <summary>Whether a record has begun and its rest is missing.</summary>
    bool IsInsideRecord { get; }

    /// <summary>Whether the last read that returned 0, or threw, found the end of the transport, and no close_notify before it.</summary>
    bool IsTruncated { get; }

    /// <summary>Where the next bytes of ciphertext go, while nothing is readable. Valid until <see cref="Feed"/>.</summary>
    Memory<byte> Input();

    /// <summary>So many bytes of ciphertext were put into <see cref="Input"/>; 0 means that the transport has ended.</summary>
    void Feed(int count);

    /// <summary>Takes plaintext while <see cref="IsReadable"/> is true; 0 is the end.</summary>
    /// <exception cref="IOException">What came is no valid record, or an alert. Every later read throws the same.</exception>
    int Read(Span<byte> buffer);

    /// <summary>Makes one record of at most 16 384 bytes of plaintext: RFC 8446, section 5.1.</summary>
    void Write(ReadOnlySpan<byte> plaintext);

    /// <summary>Makes close_notify: RFC 8446, section 6.1.</summary>
    void Finish();
}
