using System.Net.Sockets;
using SocketKit.Engine.Polling;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A second object over the descriptor of a registration. .NET counts the calls on a socket, and closing one while a Select waits for it
/// would reset its connection; this object is never closed.
/// </summary>
internal sealed class SelectMember : Socket
{
    private Readiness _seen;
    private long _round;

    private SelectMember(nint handle, PollKind kind, ulong key)
        : base(new SafeSocketHandle(handle, ownsHandle: false))
    {
        Kind = kind;
        Key = key;

        // It owns nothing.
        GC.SuppressFinalize(this);
    }

    public PollKind Kind { get; }

    public ulong Key { get; }

    public Readiness Interest { get; set; }

    /// <summary>Whether the system says that there is no such socket.</summary>
    public bool IsClosed
    {
        get
        {
            try
            {
                Poll(0, SelectMode.SelectRead);
                return false;
            }
            catch (SocketException)
            {
                // That is the answer.
                return true;
            }
        }
    }

    /// <exception cref="SocketException">.NET does not take the descriptor.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public static SelectMember Of(IPollTarget target, ulong key)
    {
        ObjectDisposedException.ThrowIf(!target.TryLease(out nint handle), target);
        try
        {
            return new SelectMember(handle, target.Kind, key);
        }
        finally
        {
            target.EndLease();
        }
    }

    /// <summary>A Select has found it in one of its lists.</summary>
    public void Note(Readiness what, long round)
    {
        _seen = (_round == round ? _seen : Readiness.None) | what;
        _round = round;
    }

    /// <summary>All that this Select has found, with what follows from it.</summary>
    public Readiness SeenIn(long round)
    {
        if (_round != round)
        {
            return Readiness.None;
        }

        // After an error no call would wait.
        return (_seen & Readiness.Error) != 0 ? _seen | Readiness.Readable | Readiness.Writable
            : Kind == PollKind.Stream && (_seen & Readiness.Readable) != 0 ? _seen | EndOfStream()
            : _seen;
    }

    /// <summary>A stream that is readable without a byte has ended. The second look is for a receive of another thread.</summary>
    private Readiness EndOfStream()
    {
        try
        {
            return Available != 0 || !Poll(0, SelectMode.SelectRead) || Available != 0 ? Readiness.None
                : Poll(0, SelectMode.SelectError) ? Readiness.HangUp | Readiness.Error | Readiness.Writable
                : Readiness.HangUp;
        }
        catch (SocketException)
        {
            // Some systems refuse to count the bytes of a connection that is gone.
            return Readiness.HangUp | Readiness.Error | Readiness.Writable;
        }
    }
}
