using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>One connection of the echo load. Its lock guards it: messages leave on one thread and come back on others.</summary>
internal sealed class StreamEchoConnection : IDisposable
{
    /// <summary>Prime: each connection begins elsewhere in the pattern.</summary>
    private const int StreamDistance = 7919;

    private const int SmallestBuffer = 1024;
    private const int LargestBuffer = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly GenerateRun _run;
    private readonly GenerateOptions _options;
    private readonly int _number;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _sending = new();
    private readonly SocketAsyncEventArgs _receiving = new();

    /// <summary>Closed loop: a ring of moments at which messages were released.</summary>
    private readonly long[] _releasedAt;

    private long _sent;
    private long _received;
    private bool _isSending;
    private volatile bool _isClosed;

    public StreamEchoConnection(GenerateRun run, GenerateOptions options, int number, Socket socket)
    {
        _run = run;
        _options = options;
        _number = number;
        _socket = socket;
        _releasedAt = options.HasRate ? [] : new long[options.Depth];
        _sending.SetBuffer(BytePattern.Bytes, 0, 0);
        _sending.Completed += (_, _) => ProceedSending();
        long wanted = (long)options.Size * options.Depth;
        _receiving.SetBuffer(new byte[(int)Math.Clamp(wanted, SmallestBuffer, LargestBuffer)]);
        _receiving.Completed += (_, _) => ProceedReceiving();
    }

    public Tally Tally { get; } = new();

    public bool IsClosed => _isClosed;

    /// <summary>Receives from here on, and sends so many messages.</summary>
    public void Start(int messages)
    {
        lock (_lock)
        {
            long now = Clock.Now;
            for (int i = 0; i < messages; i++)
            {
                ReleaseOne(now);
            }

            SendReleased();
            if (_isClosed || _socket.ReceiveAsync(_receiving))
            {
                return;
            }
        }

        ProceedReceiving();
    }

    /// <summary>Sends one more message.</summary>
    public void Release(long now)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                ReleaseOne(now);
                SendReleased();
            }
        }
    }

    /// <summary>
    /// Closes the connection after the run. What has no answer counts with its age at a fixed rate, and gives its number; in a closed
    /// loop the connection has failed.
    /// </summary>
    public long End(long now)
    {
        lock (_lock)
        {
            long unanswered = 0;
            if (_isClosed || Tally.Outstanding == 0)
            {
                Close();
                return 0;
            }

            if (!_options.HasRate)
            {
                Fail("the server does not answer");
                return 0;
            }

            for (long message = Tally.Answered; message < Tally.Released; message++)
            {
                long due = DueTime(message);
                if (_run.Counts(due))
                {
                    _run.CountAge(due, now);
                    unanswered++;
                }
            }

            Close();
            return unanswered;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }

        _sending.Dispose();
        _receiving.Dispose();
    }

    private void ReleaseOne(long now)
    {
        if (!_options.HasRate)
        {
            _releasedAt[Tally.Released % _options.Depth] = now;
        }

        Tally.Release(_run.Measures);
    }

    /// <summary>When the n-th message of this connection should have left.</summary>
    private long DueTime(long message) => _options.HasRate
        ? _run.DueTime(_number + (message * _options.Connections))
        : _releasedAt[message % _options.Depth];

    private long PositionOf(long sentOrReceived) => ((long)_number * StreamDistance) + sentOrReceived;

    /// <summary>Sends what has been released, until a send has to wait.</summary>
    private void SendReleased()
    {
        while (!_isClosed && !_isSending && (Tally.Released * _options.Size) - _sent is > 0 and var left)
        {
            _sending.SetBuffer(BytePattern.OffsetOf(PositionOf(_sent)), (int)Math.Min(left, BytePattern.LongestPiece));
            _isSending = _socket.SendAsync(_sending);
            if (!_isSending)
            {
                CountSent();
            }
        }
    }

    private void CountSent()
    {
        if (_sending.SocketError == SocketError.Success)
        {
            _sent += _sending.BytesTransferred;
        }
        else
        {
            Fail(ClientSockets.Describe(_sending.SocketError));
        }
    }

    /// <summary>Called on a thread of the pool when a send that had to wait is complete.</summary>
    private void ProceedSending()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isSending = false;
            CountSent();
            SendReleased();
        }
    }

    /// <summary>Called on a thread of the pool when bytes have come. It takes them, and goes on until it has to wait for more.</summary>
    private void ProceedReceiving()
    {
        bool hasToWait;
        do
        {
            lock (_lock)
            {
                Take();
                if (_isClosed)
                {
                    return;
                }

                hasToWait = _socket.ReceiveAsync(_receiving);
            }
        }
        while (!hasToWait);
    }

    private void Take()
    {
        if (_isClosed)
        {
            return;
        }

        int count = _receiving.BytesTransferred;
        long handedOver = _sent + (_isSending ? _sending.Count : 0);
        if (_receiving.SocketError != SocketError.Success)
        {
            Fail(ClientSockets.Describe(_receiving.SocketError));
        }
        else if (count == 0)
        {
            Fail("the server has closed it");
        }
        else if (_received + count > handedOver || !IsRight(_receiving.MemoryBuffer.Span[..count]))
        {
            Fail("the echo is not what was sent");
        }
        else
        {
            TakeAnswers(count);
        }
    }

    private bool IsRight(ReadOnlySpan<byte> bytes) => bytes.SequenceEqual(BytePattern.At(PositionOf(_received), bytes.Length));

    private void TakeAnswers(int count)
    {
        long now = Clock.Now;
        _received += count;
        for (long complete = _received / _options.Size; Tally.Answered < complete;)
        {
            long due = DueTime(Tally.Answered);
            if (!_options.HasRate && _run.Sends)
            {
                ReleaseOne(now);
            }

            _run.Answer(Tally, due, now);
        }

        SendReleased();
    }

    private void Fail(string reason)
    {
        _run.Error($"connection {_number}, after {_received} bytes echoed: {reason}");
        Close();
    }

    private void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            Tally.Abandon(Tally.Outstanding);
            _socket.Dispose();
        }
    }
}
