using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>
/// A thread that receives what many senders have sent on one connection. Each message has to be whole, and those of one sender in order.
/// </summary>
internal sealed class SenderCheck
{
    private const int BytesAtOnce = 256 * 1024;

    private readonly Socket _socket;
    private readonly NumberedMessages _messages;
    private readonly MessageInput _input;
    private readonly long[] _next;
    private readonly Thread _thread;
    private long _count;
    private long _errors;
    private long _expected;

    public SenderCheck(Socket socket, NumberedMessages messages, int senders)
    {
        (_socket, _messages) = (socket, messages);
        _input = new MessageInput(messages.Size, Math.Max(1, BytesAtOnce / messages.Size));
        _next = new long[senders];
        _thread = new Thread(Receive) { IsBackground = true, Name = "receives" };
        _thread.Start();
    }

    /// <summary>The messages that have arrived.</summary>
    public long Messages => Volatile.Read(ref _count);

    /// <summary>How many of each sender have arrived.</summary>
    public long[] MessagesOfEach() => [.. _next];

    public long Errors => Volatile.Read(ref _errors);

    public void CountError(string what)
    {
        if (Interlocked.Increment(ref _errors) == 1)
        {
            // The first one is enough to see what is wrong.
            Console.Error.WriteLine(what);
        }
    }

    /// <summary>How many messages were sent: all of them have to arrive before the end.</summary>
    public void Expect(long sent) => _expected = sent;

    public void WaitForEnd(TimeSpan limit)
    {
        if (!_thread.Join(limit))
        {
            throw new MeasureException("the end of the connection has not arrived");
        }

        if (_count != _expected)
        {
            CountError($"{_expected} messages were sent, and {_count} have arrived.");
        }
    }

    private void Receive()
    {
        try
        {
            int received;
            while ((received = _socket.Receive(_input.Free())) > 0)
            {
                Take(_input.Add(received));
            }

            if (!_input.IsBetweenMessages)
            {
                CountError("The connection has ended inside a message.");
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The connection was reset, or the run is over because of something else.
            CountError(problem.Message);
        }
    }

    private void Take(ReadOnlySpan<byte> whole)
    {
        int size = _messages.Size;
        for (int at = 0; at < whole.Length; at += size)
        {
            bool isRight = _messages.TryRead(whole.Slice(at, size), out MessageHead head)
                && (uint)head.Sender < (uint)_next.Length
                && head.Number == _next[head.Sender]++;
            if (!isRight)
            {
                CountError($"A message is not what was sent, or not the next one of its sender: {head}.");
            }
        }

        Volatile.Write(ref _count, _count + (whole.Length / size));
    }
}
