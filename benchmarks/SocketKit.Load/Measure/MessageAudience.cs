using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// Messages of this library: a loop of <c>TrySend</c> and then of flushes, which are awaited together; or a loop of sends, which are.
/// </summary>
internal sealed class MessageAudience : Audience
{
    private readonly ServedMembers<MessageChannel> _members;
    private readonly bool _awaits;
    private MessageChannel[] _all = [];

    public MessageAudience(TcpServerOptions options, int count, int size, bool awaits)
    {
        MessageFraming framing = MessageFraming.FixedSize(size);
        _members = new ServedMembers<MessageChannel>(
            options, count, connection => connection.GetMessages(framing), static (messages, _) => messages.ReceiveAsync().AsTask());
        _awaits = awaits;
    }

    public override int Port => _members.Server.Port;

    public override async Task GatherAsync(CancellationToken cancellationToken)
    {
        await _members.CompleteAsync(cancellationToken);
        _all = [.. _members.All];
    }

    public override async ValueTask DisposeAsync()
    {
        await _members.StopAsync();
        await _members.DisposeAsync();
    }

    protected override void Begin(ReadOnlyMemory<byte> message)
    {
        foreach (MessageChannel member in _all)
        {
            if (_awaits)
            {
                Await(member.SendAsync(message));
            }
            else if (!member.TrySend(message.Span))
            {
                throw new MeasureException("a queue is full although every message was waited for");
            }
        }

        if (!_awaits)
        {
            foreach (MessageChannel member in _all)
            {
                Await(member.FlushAsync());
            }
        }
    }
}
