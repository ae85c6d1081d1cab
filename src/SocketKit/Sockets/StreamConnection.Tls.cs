using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Tls;

namespace SocketKit;

public abstract partial class StreamConnection
{
    private const string Upgrading = "upgrade to TLS";

    /// <summary>The first byte of a record that carries a handshake (RFC 8446, section 5.1: ContentType).</summary>
    private const byte HandshakeRecord = 22;

    /// <summary>What both sides have agreed on in the TLS handshake. Readable after close.</summary>
    /// <value>Null while the connection speaks plain text, and until the handshake has ended.</value>
    public TlsInfo? Tls => (_channel as TlsChannel)?.Info;

    /// <summary>The host that this side has dialled, a name or an address; null if there is none.</summary>
    private protected virtual string? DialledHost => null;

    /// <summary>Whether its TLS handshake is under way, or has never succeeded.</summary>
    private bool IsBeforeTls => _channel is TlsChannel { Info: null };

    /// <summary>
    /// From now on the connection speaks TLS, as the server: it waits for the client's hello, and runs the handshake on the calling thread.
    /// For protocols that begin in plain text, such as SMTP with STARTTLS, and for connections that were accepted by hand.
    /// </summary>
    /// <param name="options">The certificate, and what is asked of the client. They are checked and copied.</param>
    /// <remarks>
    /// <para>
    /// Await the answer that tells the client to begin, and then call this. What the client sends after its request and before its hello
    /// was not protected, and somebody between the two could have put it there. So all of it is refused: bytes that a pipe or messages of
    /// this connection hold, and waiting bytes that begin no handshake. A pipe (<see cref="GetPipe"/>) and messages
    /// (<see cref="GetMessages"/>) of the connection that hold nothing stay in use, and carry what is decrypted; so does a bare stream
    /// (<see cref="GetStream"/>).
    /// </para>
    /// <para>
    /// <b>Only the bytes in a pipe, in messages and in the kernel are refused. Never keep a <see cref="StreamReader"/>, or a buffer of your
    /// own, across an upgrade:</b> what it has read ahead came in the clear, and would count as sent over TLS (CVE-2011-0411).
    /// </para>
    /// <para>
    /// The handshake may take <see cref="TlsServerOptions.HandshakeTimeout"/>, whatever the time-outs of the connection. Meanwhile a
    /// receive is refused, and sends wait. No other thread may begin to send just before it: a send that is then under way is not noticed
    /// in every case. <see cref="BytesReceived"/> and <see cref="BytesSent"/> go on with the bytes of the application.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">An option cannot be meant so. Nothing was done.</exception>
    /// <exception cref="InvalidOperationException">
    /// The connection speaks TLS already, is in non-blocking mode, this side has shut down sending, a receive or a send is under way, or
    /// bytes were received, are to be sent, or wait that are no handshake. Nothing was done, and the connection is usable as before.
    /// </exception>
    /// <exception cref="TlsException">
    /// The handshake failed, or its time passed. The connection was aborted, since its bytes belong to neither protocol any more.
    /// </exception>
    /// <exception cref="SocketOperationException">The connection was lost before the handshake began.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public void UpgradeToTls(TlsServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Upgrade(new TlsServerSettings(options).Begin(), isClient: false);
    }

    /// <summary>
    /// From now on the connection speaks TLS, as the client: it sends its hello, and runs the handshake on the calling thread. For
    /// protocols that begin in plain text, such as SMTP with STARTTLS.
    /// </summary>
    /// <param name="options">
    /// What the server's certificate is checked against, and more. They are checked and copied. On a <see cref="TcpClient"/>
    /// <see cref="TlsClientOptions.TargetHost"/> is the host that was dialled, unless it is set; on any other connection it has to be set.
    /// </param>
    /// <remarks>
    /// <para>
    /// Receive the answer that tells this side to begin, and then call this. A server that is about to speak TLS sends nothing before the
    /// hello of its client. So all other bytes are refused, wherever they are: somebody between the two could have put them there. A pipe
    /// and messages of the connection that hold nothing stay in use, and carry what is decrypted; so does a bare stream.
    /// </para>
    /// <para>
    /// <b>Only the bytes in a pipe, in messages and in the kernel are refused. Never keep a <see cref="StreamReader"/>, or a buffer of your
    /// own, across an upgrade:</b> what it has read ahead came in the clear, and would count as sent over TLS (CVE-2011-0411).
    /// </para>
    /// <para>
    /// The handshake may take <see cref="TlsClientOptions.HandshakeTimeout"/>, whatever the time-outs of the connection. Meanwhile a
    /// receive is refused, and sends wait. No other thread may begin to send just before it: a send that is then under way is not noticed
    /// in every case. <see cref="BytesReceived"/> and <see cref="BytesSent"/> go on with the bytes of the application.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// An option cannot be meant so, or there is no name to check the server against. Nothing was done.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The connection speaks TLS already, is in non-blocking mode, this side has shut down sending, a receive or a send is under way, or
    /// bytes were received, are to be sent, or wait. Nothing was done, and the connection is usable as before.
    /// </exception>
    /// <exception cref="TlsException">
    /// The handshake failed, or its time passed. The connection was aborted, since its bytes belong to neither protocol any more.
    /// </exception>
    /// <exception cref="SocketOperationException">The connection was lost before the handshake began.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public void UpgradeToTls(TlsClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Upgrade(new TlsClientSettings(options, DialledHost).Begin(), isClient: true);
    }

    /// <summary>
    /// The same as <see cref="UpgradeToTls(TlsServerOptions)"/>, without blocking a thread, in any mode. The computing runs on the thread
    /// pool, and so does the code after the <c>await</c>.
    /// </summary>
    /// <param name="options">The certificate, and what is asked of the client. They are checked and copied.</param>
    /// <param name="cancellationToken">
    /// Ends the handshake. Not cancellation-safe: once it has begun, the connection is aborted. A token that has fired before the call does
    /// nothing to it.
    /// </param>
    /// <returns>
    /// A task that ends with the handshake. When this method returns, the connection speaks plain text no more, unless the task has failed
    /// with <see cref="InvalidOperationException"/>.
    /// </returns>
    /// <exception cref="ArgumentException">An option cannot be meant so. Nothing was done.</exception>
    /// <exception cref="InvalidOperationException">
    /// As for <see cref="UpgradeToTls(TlsServerOptions)"/>, but for the mode. Nothing was done.
    /// </exception>
    /// <exception cref="TlsException">The handshake failed, or its time passed. The connection was aborted.</exception>
    /// <exception cref="OperationCanceledException">The token fired. If the handshake had begun, the connection was aborted.</exception>
    /// <exception cref="SocketOperationException">The connection was lost before the handshake began.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public Task UpgradeToTlsAsync(TlsServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return UpgradeAsync(new TlsServerSettings(options).Begin(), isClient: false, cancellationToken);
    }

    /// <summary>
    /// The same as <see cref="UpgradeToTls(TlsClientOptions)"/>, without blocking a thread, in any mode. The computing runs on the thread
    /// pool, and so does the code after the <c>await</c>.
    /// </summary>
    /// <param name="options">
    /// What the server's certificate is checked against, and more. They are checked and copied. On a <see cref="TcpClient"/>
    /// <see cref="TlsClientOptions.TargetHost"/> is the host that was dialled, unless it is set; on any other connection it has to be set.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the handshake. Not cancellation-safe: once it has begun, the connection is aborted. A token that has fired before the call does
    /// nothing to it.
    /// </param>
    /// <returns>
    /// A task that ends with the handshake. When this method returns, the connection speaks plain text no more, unless the task has failed
    /// with <see cref="InvalidOperationException"/>.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// An option cannot be meant so, or there is no name to check the server against. Nothing was done.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// As for <see cref="UpgradeToTls(TlsClientOptions)"/>, but for the mode. Nothing was done.
    /// </exception>
    /// <exception cref="TlsException">The handshake failed, or its time passed. The connection was aborted.</exception>
    /// <exception cref="OperationCanceledException">The token fired. If the handshake had begun, the connection was aborted.</exception>
    /// <exception cref="SocketOperationException">The connection was lost before the handshake began.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public Task UpgradeToTlsAsync(TlsClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return UpgradeAsync(new TlsClientSettings(options, DialledHost).Begin(), isClient: true, cancellationToken);
    }

    private void Upgrade(TlsHandshake handshake, bool isClient)
    {
        if (!Blocking)
        {
            throw CannotUpgrade("a handshake waits, and the connection is in non-blocking mode. UpgradeToTlsAsync works in any mode.");
        }

        BeginUpgrade(handshake, isClient);
        Handshakes.Run(this);
    }

    private async Task UpgradeAsync(TlsHandshake handshake, bool isClient, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        BeginUpgrade(handshake, isClient);
        await Handshakes.RunAsync(this, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The TLS channel is in place before its handshake begins, so that nothing can be sent in plain text any more.</summary>
    private void BeginUpgrade(TlsHandshake handshake, bool isClient)
    {
        StreamChannel channel = _channel;
        if (channel.IsClosed)
        {
            throw Faults.Disposed(Upgrading, null, this);
        }

        if (WhyNoUpgrade(channel) is { } why)
        {
            throw CannotUpgrade(why);
        }

        if (WhyNoUpgradeOfPeer(channel, isClient) is { } sent)
        {
            throw new BytesBeforeTlsException(NotPossible(sent), this);
        }

        ReplaceChannel(inner => new TlsChannel(inner, handshake));
    }

    /// <summary>What of this side is in the way; null: nothing.</summary>
    private string? WhyNoUpgrade(StreamChannel channel) =>
        channel is TlsChannel ? "it speaks TLS already."
        : Owner?.WhyBusy is { } busy ? $"{busy}."
        : channel.PollTarget is { Watches.IsEmpty: false } ? "it is in a SocketPoller, which cannot see what TLS holds. Remove it first."
        : channel.IsReceiving ? "a receive is under way."
        : channel.HasShutSend ? "this side has shut down sending, and a handshake has to send."
        : channel.IsSending || channel.QueuedBytes > 0 ? "a send is under way. Await it first."
        : null;

    /// <summary>
    /// What the peer has sent that was received or waits in the kernel, and is no handshake; null: nothing. Whoever can write into the
    /// connection can put it there.
    /// </summary>
    private string? WhyNoUpgradeOfPeer(StreamChannel channel, bool isClient)
    {
        if (Owner?.WhyUnread is { } unread)
        {
            return $"{unread}.";
        }

        Span<byte> first = stackalloc byte[1];
        IoResult peeked = channel.Receive(first, ReceiveKind.Peek, TimeSpan.Zero);
        return peeked.Status switch
        {
            // An end: the handshake finds it, too.
            ChannelStatus.WouldBlock => null,
            ChannelStatus.Success when peeked.Count == 0 => null,
            ChannelStatus.Success when isClient =>
                "the peer has sent bytes that were not received. A server that is to speak TLS waits for the client's hello.",
            ChannelStatus.Success => first[0] == HandshakeRecord ? null
                : $"the peer has sent bytes that were not received, and they begin no TLS handshake (0x{first[0]:x2} instead of 0x16).",
            _ => throw Faults.Of(SocketOperation.Peek, peeked, this),
        };
    }

    private InvalidOperationException CannotUpgrade(string why) => new(NotPossible(why));

    private string NotPossible(string why) => $"{Upgrading} on {this} is not possible: {why}";
}
