namespace SocketKit.Tls;

/// <summary>
/// TLS without a transport: ciphertext is put in on one side, plaintext comes out on the other, and nothing waits. SslStreamSession is the only
/// one so far; it stands on SslStream, so that a TLS of a later runtime that does no input or output can take its place.
/// </summary>
internal interface ITlsSession : IDisposable
{
    /// <summary>What both sides have agreed on.</summary>
    TlsInfo Info { get; }

    /// <summary>
    /// Whether a read would not wait: plaintext is there, or the peer's close_notify, or the end of the transport, or a failure.
    /// </summary>
    bool IsReadable { get; }

    /// <summary>Whether a record has begun and its rest is missing, so that a buffer for it is held.</summary>
    bool IsInsideRecord { get; }

    /// <summary>Where the next bytes of ciphertext go. Valid until <see cref="Feed"/>.</summary>
    Memory<byte> Input();

    /// <summary>So many bytes of ciphertext were put into <see cref="Input"/>; 0 means that the transport has ended.</summary>
    void Feed(int count);

    /// <summary>Takes plaintext when <see cref="IsReadable"/> is true. 0 means the end: see <see cref="IsTruncated"/>.</summary>
    /// <exception cref="IOException">What came is not a valid record, or is an alert.</exception>
    int Read(Span<byte> buffer);

    /// <summary>Whether the end came without close_notify.</summary>
    bool IsTruncated { get; }

    /// <summary>Makes one record of at most 16 384 bytes of plaintext (RFC 8446, section 5.1) and hands it to the sink.</summary>
    void Write(ReadOnlySpan<byte> plaintext);

    /// <summary>Makes close_notify (RFC 8446, section 6.1). Must not run beside a read.</summary>
    void Finish();
}
