using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;
using SocketKit.Sockets.Limits;

namespace SocketKit.Unix;

/// <summary>
/// A listener that accepts connections of allowed users only. It aborts all others and continues to accept, within the same deadline.
/// </summary>
internal sealed class PeerGuard(
    ListenerChannel inner, FrozenSet<uint> allowed, EndPoint? local, ILogger logger, LogRate rate, ServerCounters counters)
    : ListenerChannel
{
    /// <summary>
    /// The users who may connect; null for everybody. An abstract name has no file whose mode could keep other users out (CVE-2020-15257).
    /// </summary>
    public static FrozenSet<uint>? AllowedOn(Socket listening, IReadOnlyCollection<uint>? asked) =>
        asked is not null ? asked.ToFrozenSet()
        : UnixNames.IsAbstract(listening.LocalEndPoint) && SocketFiles.EffectiveUser is { } user ? new[] { user }.ToFrozenSet()
        : null;

    public override SocketEngine Engine => inner.Engine;

    public override Socket Socket => inner.Socket;

    public override Action? Discarded
    {
        get => inner.Discarded;
        set => inner.Discarded = value;
    }

    public override AcceptResult Accept(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        AcceptResult accepted = inner.Accept(timeout);
        while (accepted.Channel is { } channel && !IsAllowed(channel))
        {
            accepted = inner.Accept(timeout == TimeSpan.Zero ? timeout : deadline.Remaining());
        }

        // The deadline passed while a peer was turned away. Report that, and not non-blocking mode.
        return accepted.Outcome.Status == ChannelStatus.WouldBlock && timeout != TimeSpan.Zero
            ? new(IoResult.Ended(ChannelStatus.DeadlinePassed))
            : accepted;
    }

    public override async ValueTask<AcceptResult> AcceptAsync(TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken)
    {
        // Zero means infinite here, so the rest of a deadline must never become zero.
        Deadline deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        AcceptResult accepted = await inner.AcceptAsync(timeout, continuesInline, cancellationToken).ConfigureAwait(false);
        while (accepted.Channel is { } channel && !IsAllowed(channel))
        {
            TimeSpan left = deadline.HasPassed ? TimeSpan.FromTicks(1) : deadline.Remaining();
            left = left == TimeSpan.Zero ? TimeSpan.FromTicks(1) : left;
            accepted = await inner.AcceptAsync(left, continuesInline, cancellationToken).ConfigureAwait(false);
        }

        return accepted;
    }

    public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

    public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

    public override void Dispose() => inner.Dispose();

    private static PeerCredentials? CredentialsOf(StreamChannel channel)
    {
        try
        {
            return PeerCredentialsReader.Read(channel);
        }
        catch
        {
            // No other code has the channel, so its descriptor would leak.
            channel.Abort(CloseReason.Error);
            throw;
        }
    }

    private bool IsAllowed(StreamChannel channel)
    {
        PeerCredentials? peer = CredentialsOf(channel);
        if (peer is { } known && allowed.Contains(known.UserId))
        {
            return true;
        }

        counters.Rejected(RejectReason.User);
        channel.Abort(CloseReason.Error);
        if (rate.ShouldLog(out int count))
        {
            Log.PeerTurnedAway(logger, count, local, peer?.UserId, peer?.ProcessId);
        }

        return false;
    }
}
