using System.Buffers.Binary;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>
/// One socket of the datagram load. Its lock guards it: datagrams leave on one thread and come back on others. The n-th datagram of an
/// endpoint has the number that it would have if all endpoints sent in turn.
/// </summary>
internal sealed class DatagramEchoEndpoint : IDisposable
{
    /// <summary>Closed loop: a datagram without an echo for so long is lost, and the next one takes its place.</summary>
    private const long Loss = 100 * Clock.Millisecond;

    /// <summary>The same after the measurement, when nothing takes its place.</summary>
    private const long LastLoss = 5 * Clock.Second;

    /// <summary>Fixed rate: datagrams that can be under way.</summary>
    private const int RateSlots = 65536;

    private const int LongestDatagram = 65536;

    private readonly Lock _lock = new();
    private readonly GenerateRun _run;
    private readonly GenerateOptions _options;
    private readonly int _index;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly byte[] _datagram;

    /// <summary>Datagrams under way: the n-th has the place n modulo their number.</summary>
    private readonly Slot[] _slots;

    private long _next;
    private bool _isClosed;

    public DatagramEchoEndpoint(GenerateRun run, GenerateOptions options, int index, Socket socket)
    {
        _run = run;
        _options = options;
        _index = index;
        _socket = socket;
        _socket.Blocking = false;
        _datagram = new byte[options.Size];
        _slots = new Slot[options.HasRate ? (RateSlots + options.Connections - 1) / options.Connections : options.Depth];
        Array.Fill(_slots, new Slot(-1, 0, false));
        _receiving.SetBuffer(new byte[Math.Min(options.Size + 1, LongestDatagram)]);
        _receiving.Completed += (_, _) => ProceedReceiving();
    }

    public Tally Tally { get; } = new();

    /// <summary>Datagrams of the measurement without an echo.</summary>
    public long Lost { get; private set; }

    /// <summary>Echoes that came after they had been given up, or twice.</summary>
    public long Late { get; private set; }

    /// <summary>Receives from here on, and in a closed loop fills the depth.</summary>
    public void Start()
    {
        lock (_lock)
        {
            for (int i = 0; !_options.HasRate && i < _slots.Length; i++)
            {
                Send(i, Clock.Now);
            }

            if (_socket.ReceiveAsync(_receiving))
            {
                return;
            }
        }

        ProceedReceiving();
    }

    /// <summary>At a fixed rate.</summary>
    public void SendNext(long due)
    {
        lock (_lock)
        {
            Send(_next, due);
        }
    }

    /// <summary>Closed loop: gives up what is lost, and sends the next datagram in its place.</summary>
    public void Sweep(long now)
    {
        lock (_lock)
        {
            long patience = _run.Sends ? Loss : LastLoss;
            for (int i = 0; i < _slots.Length; i++)
            {
                if (!_slots[i].Waits || now < _slots[i].Due + patience)
                {
                    continue;
                }

                Lose(ref _slots[i]);
                if (_run.Sends)
                {
                    Send(_slots[i].Message + _slots.Length, now);
                }
            }
        }
    }

    /// <summary>Closes the socket after the run: what still waits is lost.</summary>
    public void End()
    {
        lock (_lock)
        {
            for (int i = 0; i < _slots.Length; i++)
            {
                if (_slots[i].Waits)
                {
                    Lose(ref _slots[i]);
                }
            }
        }

        Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _socket.Dispose();
        }

        _receiving.Dispose();
    }

    private long NumberOf(long message) => _index + (message * _options.Connections);

    private void Lose(ref Slot slot)
    {
        slot = slot with { Waits = false };
        Tally.Abandon(1);
        Lost += _run.Counts(slot.Due) ? 1 : 0;
    }

    private void Send(long message, long due)
    {
        ref Slot slot = ref _slots[message % _slots.Length];
        if (slot.Waits)
        {
            Lose(ref slot);
        }

        slot = new Slot(message, due, true);
        _next = message + 1;
        Tally.Release(_run.Measures);
        long number = NumberOf(message);
        BinaryPrimitives.WriteInt64LittleEndian(_datagram, number);
        BytePattern.At(number, _datagram.Length - sizeof(long)).CopyTo(_datagram.AsSpan(sizeof(long)));
        _socket.Send(_datagram, SocketFlags.None, out SocketError error);

        // What does not fit into the socket is lost as if the network had lost it.
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable))
        {
            Fail(error);
        }
    }

    /// <summary>Called on a thread of the pool when a datagram has come. It takes it, and goes on until it has to wait for one.</summary>
    private void ProceedReceiving()
    {
        bool hasToWait;
        do
        {
            lock (_lock)
            {
                if (_isClosed)
                {
                    return;
                }

                if (_receiving.SocketError == SocketError.Success)
                {
                    Take(_receiving.MemoryBuffer.Span[.._receiving.BytesTransferred], Clock.Now);
                }
                else
                {
                    Fail(_receiving.SocketError);
                    return;
                }

                hasToWait = _socket.ReceiveAsync(_receiving);
            }
        }
        while (!hasToWait);
    }

    private void Take(ReadOnlySpan<byte> datagram, long now)
    {
        long number = datagram.Length == _options.Size ? BinaryPrimitives.ReadInt64LittleEndian(datagram) : -1;
        long message = number / _options.Connections;
        if (number < 0 || number != NumberOf(message) || message > _slots[message % _slots.Length].Message
            || !datagram[sizeof(long)..].SequenceEqual(BytePattern.At(number, datagram.Length - sizeof(long))))
        {
            _run.Error("an echo is not what was sent");
            return;
        }

        ref Slot slot = ref _slots[message % _slots.Length];
        if (message != slot.Message || !slot.Waits)
        {
            Late++;
            return;
        }

        slot = slot with { Waits = false };
        _run.Answer(Tally, slot.Due, now);
        if (!_options.HasRate && _run.Sends)
        {
            Send(message + _slots.Length, now);
        }
    }

    private void Fail(SocketError error) => _run.Fail(error is SocketError.ConnectionRefused or SocketError.ConnectionReset
        ? $"nobody listens on {_options.Target}"
        : ClientSockets.Describe(error));

    private readonly record struct Slot(long Message, long Due, bool Waits);
}
