using SocketKit.Engine.Linux.Connections;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// A connected socket as the kernel has it: what arrived, the peer's end, room to send, and edges. Each system call is two steps, between
/// which it is inside the kernel, and must find the descriptor open at both.
/// </summary>
internal sealed class SimulatedSocket(SimulatedLoop loop)
{
    /// <summary>Less than any message.</summary>
    private const int Room = 2;

    public const int WouldBlock = -1;

    private readonly Queue<byte> _arrived = new();
    private readonly Queue<byte> _leaving = new();
    private bool _hasFinished;
    private bool _isShut;
    private bool _wantsRoom;
    private bool _isRegistered;

    public int Closes { get; private set; }

    public bool HasLeaving => _leaving.Count > 0;

    public EdgeReadiness Readiness
    {
        get
        {
            EdgeReadiness readiness = _hasFinished || _isShut ? EdgeReadiness.Readable | EdgeReadiness.ReadsOver : EdgeReadiness.None;
            readiness |= _arrived.Count > 0 ? EdgeReadiness.Readable : EdgeReadiness.None;
            readiness |= _leaving.Count < Room ? EdgeReadiness.Writable : EdgeReadiness.None;
            return _isShut ? readiness | EdgeReadiness.Writable | EdgeReadiness.WritesOver : readiness;
        }
    }

    public int Receive(Span<byte> buffer, bool wait)
    {
        Use();
        if (wait)
        {
            Schedule.Await(() => (Readiness & EdgeReadiness.Readable) != 0);
            Check();
        }

        int count = 0;
        while (count < buffer.Length && _arrived.TryDequeue(out byte next))
        {
            buffer[count++] = next;
        }

        bool isOver = _hasFinished || _isShut;
        Use();
        return count > 0 || isOver ? count : WouldBlock;
    }

    public int Send(ReadOnlySpan<byte> data)
    {
        Use();
        int count = 0;
        while (count < data.Length && _leaving.Count < Room && !_isShut)
        {
            _leaving.Enqueue(data[count++]);
        }

        // As the kernel: who meets a full buffer is told of room, and nobody else.
        _wantsRoom |= count == 0;
        bool isOver = _isShut;
        Use();
        return count > 0 || isOver ? count : WouldBlock;
    }

    public void Register(SimulatedStream stream)
    {
        Use();
        _isRegistered = true;
        Edge(stream);
    }

    public void Unregister(SimulatedStream stream)
    {
        Use();
        _isRegistered = false;
        loop.Forget(stream);
    }

    public void Shutdown()
    {
        Use();
        _isShut = true;
    }

    public void Close()
    {
        Use();
        Closes++;
    }

    public void Use()
    {
        Check();
        ScheduledStep.Take();
        Check();
    }

    /// <summary>By the peer.</summary>
    public void Arrive(SimulatedStream stream, ReadOnlySpan<byte> data)
    {
        foreach (byte each in data)
        {
            _arrived.Enqueue(each);
        }

        Edge(stream);
    }

    /// <summary>By the peer.</summary>
    public void Finish(SimulatedStream stream)
    {
        _hasFinished = true;
        Edge(stream);
    }

    /// <summary>By the peer, which takes one byte.</summary>
    public byte Take(SimulatedStream stream)
    {
        byte taken = _leaving.Dequeue();
        if (_wantsRoom)
        {
            _wantsRoom = false;
            Edge(stream);
        }

        return taken;
    }

    private void Edge(SimulatedStream stream)
    {
        if (_isRegistered)
        {
            loop.Raise(stream);
        }
    }

    private void Check()
    {
        if (Closes != 0)
        {
            loop.Fault("the descriptor was used after it was closed");
        }
    }
}
