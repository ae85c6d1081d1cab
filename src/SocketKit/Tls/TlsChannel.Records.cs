using System.Diagnostics;
using System.Net.Sockets;

namespace SocketKit.Tls;

/// <summary>What is said when TLS itself fails, and records that do not end.</summary>
internal sealed partial class TlsChannel
{
    private long _recordSince;
    private bool _isRecordWatched;

    /// <summary>Whether the record that has begun is still to be watched. One that takes too long closes the connection.</summary>
    internal bool LookAtRecord()
    {
        lock (_reading)
        {
            // Bytes that nobody has received yet are no fault of the peer.
            if (_isSessionOver || !_session.IsInsideRecord || (!IsReceiving && Pump()) || !_session.IsInsideRecord)
            {
                _isRecordWatched = false;
                return false;
            }

            if (Stopwatch.GetElapsedTime(_recordSince) < _handshake.RecordTimeout)
            {
                return true;
            }
        }

        Abort(CloseReason.SlowPeer);
        return false;
    }

    /// <summary>The exception for a failure that no code of the system says.</summary>
    public override Exception? FailureOf(string what, SocketError error) =>
        error == SocketError.SocketError && _broken is { } broken
            ? _handshake.ExplainLater(what, broken, LocalEndPoint, RemoteEndPoint)
            : null;

    public override string? Explain(SocketError error) =>
        error != SocketError.ConnectionAborted || _failure != error ? null
        : _broken is not null ? "the peer ended the connection inside a record, so bytes are missing (ConnectionAborted)."
            : _handshake.AllowTruncation ? "the peer ended the connection without close_notify, and has sent no byte over TLS. It has "
                + "asked for a certificate, so it may have refused the one of this side, or that there is none; its log may say why. "
                + "AllowTruncation does not count here (ConnectionAborted)."
            : !_hasPlaintext ? "the peer ended the connection without close_notify, and has sent no byte over TLS. It may have refused "
                + "the handshake, or the certificate of this side after it (with TLS 1.3 this side's handshake is over first, and many "
                + "peers send no alert); its log may say why. If it is only an end, TlsServerOptions and TlsClientOptions have "
                + "AllowTruncation for it (ConnectionAborted)."
            : "the peer ended the connection without close_notify, so bytes may be missing. Peers that only dispose their SslStream end "
                + "like this; TlsServerOptions and TlsClientOptions have AllowTruncation for them (ConnectionAborted).";

    /// <summary>The session was fed: notes whether a record has begun and when. Called under the lock for reading.</summary>
    private void NoteRecord()
    {
        if (!_session.IsInsideRecord)
        {
            _recordSince = 0;
            return;
        }

        if (_recordSince == 0 || _session.IsReadable)
        {
            _recordSince = Stopwatch.GetTimestamp();
        }

        if (!_isRecordWatched)
        {
            _isRecordWatched = true;
            RecordWatch.Add(this);
        }
    }
}
