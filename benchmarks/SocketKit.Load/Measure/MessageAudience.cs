using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// Messages of this library: a loop of <c>TrySend</c> and then of flushes, which are awaited together; or a loop of sends, which are.
/// </summary>
internal sealed class MessageAudience(TcpServerOptions options, int count, int size, bool awaits)
    : ServedAudience<MessageChannel>(MembersOf(options, count, MessageFraming.FixedSize(size)))
{
    protected override void Begin(ReadOnlyMemory<byte> message)
    {
        foreach (MessageChannel member in All)
        {
            if (awaits)
            {
                Await(member.SendAsync(message));
            }
            else if (!member.TrySend(message.Span))
            {
                throw new MeasureException("a queue is full although every message was waited for");
            }
        }

        if (!awaits)
        {
            foreach (MessageChannel member in All)
            {
                Await(member.FlushAsync());
            }
        }
    }

    private static ServedMembers<MessageChannel> MembersOf(TcpServerOptions options, int count, MessageFraming framing) => new(
        options, count, connection => connection.GetMessages(framing), static (messages, _) => messages.ReceiveAsync().AsTask());
}
