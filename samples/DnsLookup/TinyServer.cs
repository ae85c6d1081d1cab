using System.Net;
using System.Text;
using SocketKit;

/// <summary>A name server that knows a few names by heart, so that the sample needs no network.</summary>
internal sealed class TinyServer(Dictionary<string, IPAddress[]> names) : IDisposable
{
    private readonly UdpEndpoint _endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Port => _endpoint.Port;

    public async Task RunAsync()
    {
        // Ends when the endpoint is disposed.
        await foreach (OwnedDatagram question in _endpoint.ReceiveAllAsync())
        {
            using (question)
            {
                if (Answer(question.Data.Span) is { } answer)
                {
                    await _endpoint.SendToAsync(answer, question.RemoteEndPoint!);
                }
            }
        }
    }

    public void Dispose() => _endpoint.Dispose();

    /// <summary>The question with its records behind it. Null for what is no question.</summary>
    private byte[]? Answer(ReadOnlySpan<byte> question)
    {
        int end = DnsMessage.EndOfQuestion(question);
        if (end < 0)
        {
            return null;
        }

        string name = NameOf(question[DnsMessage.HeaderLength..(end - 4)]);
        bool isKnown = names.TryGetValue(name, out IPAddress[]? all);
        int type = question[end - 3];
        IPAddress[] addresses = [.. (all ?? []).Where(address => address.GetAddressBytes().Length == (type == (int)DnsType.A ? 4 : 16))];
        byte[] answer = question[..end].ToArray();
        answer[2] |= DnsMessage.AnswerBit;
        answer[3] = isKnown ? (byte)0 : DnsMessage.NoSuchName;
        answer[7] = (byte)addresses.Length;

        // Each record: a pointer to the name of the question, type, class IN, 60 seconds, the length, the address.
        return [.. answer, .. addresses.SelectMany(address =>
            (byte[])[0xC0, DnsMessage.HeaderLength, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)address.GetAddressBytes().Length,
                .. address.GetAddressBytes()])];
    }

    private static string NameOf(ReadOnlySpan<byte> labels)
    {
        var name = new StringBuilder();
        for (int at = 0; at < labels.Length && labels[at] != 0 && at + labels[at] < labels.Length; at += labels[at] + 1)
        {
            name.Append(name.Length > 0 ? "." : string.Empty).Append(Encoding.ASCII.GetString(labels.Slice(at + 1, labels[at])));
        }

        return name.ToString();
    }
}
