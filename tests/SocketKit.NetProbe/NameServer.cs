using System.Net;

namespace SocketKit.NetProbe;

/// <summary>
/// A name server on port 53. The first letter of a name says what is answered: good, lagging (good, late), unknown, failing,
/// waiting (failing, late), empty, and nothing to silent.
/// </summary>
internal sealed class NameServer : IDisposable
{
    private readonly UdpEndpoint _endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 53));
    private readonly TimeSpan _lag;
    private int _late;

    public NameServer(TimeSpan lag = default)
    {
        _lag = lag;
        _ = RunAsync();
    }

    /// <summary>How many late answers were sent.</summary>
    public int LateAnswers => Volatile.Read(ref _late);

    public void Dispose() => _endpoint.Dispose();

    private async Task RunAsync()
    {
        byte[] buffer = new byte[512];
        while (true)
        {
            ReceivedDatagram query = await _endpoint.ReceiveFromAsync(buffer);
            char first = (char)buffer[13];
            if (first != 's')
            {
                _ = SendAsync(first, Answer(first, buffer), query.RemoteEndPoint!);
            }
        }
    }

    private async Task SendAsync(char first, byte[] answer, EndPoint to)
    {
        bool isLate = first is 'l' or 'w';
        if (isLate)
        {
            await Task.Delay(_lag);
        }

        await _endpoint.SendToAsync(answer, to);
        if (isLate)
        {
            Interlocked.Increment(ref _late);
        }
    }

    /// <summary>RFC 1035: the query with the answer bit, a code, and for a good one an address record.</summary>
    private static byte[] Answer(char first, byte[] query)
    {
        int length = EndOfQuestion(query);
        bool isForIPv4 = query[length - 3] == 1;
        byte[] answer = query[..length];

        // Answer, recursion available; the code 3 is "no such name", 2 "server failure".
        answer[2] |= 0x80;
        answer[3] = (byte)(0x80 | (first switch { 'u' => 3, 'f' or 'w' => 2, _ => 0 }));
        answer.AsSpan(6, 6).Clear();
        if (first is not ('g' or 'l') || !isForIPv4)
        {
            return answer;
        }

        // The name of the question, type A, class IN, 60 seconds, 127.0.0.1.
        answer[7] = 1;
        return [.. answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];
    }

    private static int EndOfQuestion(byte[] query)
    {
        int at = 12;
        while (query[at] != 0)
        {
            at += query[at] + 1;
        }

        return at + 5;
    }
}
