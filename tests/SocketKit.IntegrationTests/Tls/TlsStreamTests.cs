using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Messages;
using SocketKit.IntegrationTests.Pipes;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Tls;

// The test bodies of streams, pipes and messages once more, over TLS.
public sealed class BasicStreamTests_PortableTls : BasicStreamTests<TlsUnderTest<PortableUnderTest>>;

public sealed class BasicStreamTests_PortableTls12 : BasicStreamTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class BasicStreamTests_EpollTls : BasicStreamTests<TlsUnderTest<EpollUnderTest>>;

public sealed class BasicStreamTests_EpollTls12 : BasicStreamTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class CallTimeoutTests_PortableTls : CallTimeoutTests<TlsUnderTest<PortableUnderTest>>;

public sealed class CallTimeoutTests_PortableTls12 : CallTimeoutTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class CallTimeoutTests_EpollTls : CallTimeoutTests<TlsUnderTest<EpollUnderTest>>;

public sealed class CallTimeoutTests_EpollTls12 : CallTimeoutTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class CancellationTests_PortableTls : CancellationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class CancellationTests_PortableTls12 : CancellationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class CancellationTests_EpollTls : CancellationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class CancellationTests_EpollTls12 : CancellationTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ClosedSignalTests_PortableTls : ClosedSignalTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ClosedSignalTests_PortableTls12 : ClosedSignalTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ClosedSignalTests_EpollTls : ClosedSignalTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ClosedSignalTests_EpollTls12 : ClosedSignalTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class DeadlineTests_PortableTls : DeadlineTests<TlsUnderTest<PortableUnderTest>>;

public sealed class DeadlineTests_PortableTls12 : DeadlineTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class DeadlineTests_EpollTls : DeadlineTests<TlsUnderTest<EpollUnderTest>>;

public sealed class DeadlineTests_EpollTls12 : DeadlineTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class DisposeTests_PortableTls : DisposeTests<TlsUnderTest<PortableUnderTest>>;

public sealed class DisposeTests_PortableTls12 : DisposeTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class DisposeTests_EpollTls : DisposeTests<TlsUnderTest<EpollUnderTest>>;

public sealed class DisposeTests_EpollTls12 : DisposeTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class EndOfStreamTests_PortableTls : EndOfStreamTests<TlsUnderTest<PortableUnderTest>>;

public sealed class EndOfStreamTests_PortableTls12 : EndOfStreamTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class EndOfStreamTests_EpollTls : EndOfStreamTests<TlsUnderTest<EpollUnderTest>>;

public sealed class EndOfStreamTests_EpollTls12 : EndOfStreamTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class GatherAndFileTests_PortableTls : GatherAndFileTests<TlsUnderTest<PortableUnderTest>>;

public sealed class GatherAndFileTests_PortableTls12 : GatherAndFileTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class GatherAndFileTests_EpollTls : GatherAndFileTests<TlsUnderTest<EpollUnderTest>>;

public sealed class GatherAndFileTests_EpollTls12 : GatherAndFileTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class HalfCloseTests_PortableTls : HalfCloseTests<TlsUnderTest<PortableUnderTest>>;

public sealed class HalfCloseTests_PortableTls12 : HalfCloseTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class HalfCloseTests_EpollTls : HalfCloseTests<TlsUnderTest<EpollUnderTest>>;

public sealed class HalfCloseTests_EpollTls12 : HalfCloseTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ModeTests_PortableTls : ModeTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ModeTests_PortableTls12 : ModeTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ModeTests_EpollTls : ModeTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ModeTests_EpollTls12 : ModeTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class NonBlockingTests_PortableTls : NonBlockingTests<TlsUnderTest<PortableUnderTest>>;

public sealed class NonBlockingTests_PortableTls12 : NonBlockingTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class NonBlockingTests_EpollTls : NonBlockingTests<TlsUnderTest<EpollUnderTest>>;

public sealed class NonBlockingTests_EpollTls12 : NonBlockingTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class PeekAndWaitTests_PortableTls : PeekAndWaitTests<TlsUnderTest<PortableUnderTest>>;

public sealed class PeekAndWaitTests_PortableTls12 : PeekAndWaitTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class PeekAndWaitTests_EpollTls : PeekAndWaitTests<TlsUnderTest<EpollUnderTest>>;

public sealed class PeekAndWaitTests_EpollTls12 : PeekAndWaitTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ReceiveExactlyTests_PortableTls : ReceiveExactlyTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ReceiveExactlyTests_PortableTls12 : ReceiveExactlyTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ReceiveExactlyTests_EpollTls : ReceiveExactlyTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ReceiveExactlyTests_EpollTls12 : ReceiveExactlyTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ReceiveTests_PortableTls : ReceiveTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ReceiveTests_PortableTls12 : ReceiveTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ReceiveTests_EpollTls : ReceiveTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ReceiveTests_EpollTls12 : ReceiveTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class SendDeadlineTests_PortableTls : SendDeadlineTests<TlsUnderTest<PortableUnderTest>>;

public sealed class SendDeadlineTests_PortableTls12 : SendDeadlineTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class SendDeadlineTests_EpollTls : SendDeadlineTests<TlsUnderTest<EpollUnderTest>>;

public sealed class SendDeadlineTests_EpollTls12 : SendDeadlineTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class SendPairTests_PortableTls : SendPairTests<TlsUnderTest<PortableUnderTest>>;

public sealed class SendPairTests_PortableTls12 : SendPairTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class SendPairTests_EpollTls : SendPairTests<TlsUnderTest<EpollUnderTest>>;

public sealed class SendPairTests_EpollTls12 : SendPairTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class SendQueueTests_PortableTls : SendQueueTests<TlsUnderTest<PortableUnderTest>>;

public sealed class SendQueueTests_PortableTls12 : SendQueueTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class SendQueueTests_EpollTls : SendQueueTests<TlsUnderTest<EpollUnderTest>>;

public sealed class SendQueueTests_EpollTls12 : SendQueueTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class StreamTests_PortableTls : StreamTests<TlsUnderTest<PortableUnderTest>>;

public sealed class StreamTests_PortableTls12 : StreamTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class StreamTests_EpollTls : StreamTests<TlsUnderTest<EpollUnderTest>>;

public sealed class StreamTests_EpollTls12 : StreamTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class QueuedBytesTests_PortableTls : QueuedBytesTests<TlsUnderTest<PortableUnderTest>>;

public sealed class QueuedBytesTests_PortableTls12 : QueuedBytesTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class QueuedBytesTests_EpollTls : QueuedBytesTests<TlsUnderTest<EpollUnderTest>>;

public sealed class QueuedBytesTests_EpollTls12 : QueuedBytesTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ByteCountTests_PortableTls : ByteCountTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ByteCountTests_PortableTls12 : ByteCountTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ByteCountTests_EpollTls : ByteCountTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ByteCountTests_EpollTls12 : ByteCountTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class CallerMemoryTests_PortableTls : CallerMemoryTests<TlsUnderTest<PortableUnderTest>>;

public sealed class CallerMemoryTests_PortableTls12 : CallerMemoryTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class CallerMemoryTests_EpollTls : CallerMemoryTests<TlsUnderTest<EpollUnderTest>>;

public sealed class CallerMemoryTests_EpollTls12 : CallerMemoryTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class RelayTests_PortableTls : RelayTests<TlsUnderTest<PortableUnderTest>>;

public sealed class RelayTests_PortableTls12 : RelayTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class RelayTests_EpollTls : RelayTests<TlsUnderTest<EpollUnderTest>>;

public sealed class RelayTests_EpollTls12 : RelayTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class ShortDeadlineTests_PortableTls : ShortDeadlineTests<TlsUnderTest<PortableUnderTest>>;

public sealed class ShortDeadlineTests_PortableTls12 : ShortDeadlineTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class ShortDeadlineTests_EpollTls : ShortDeadlineTests<TlsUnderTest<EpollUnderTest>>;

public sealed class ShortDeadlineTests_EpollTls12 : ShortDeadlineTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class StreamBeginEndTests_PortableTls : StreamBeginEndTests<TlsUnderTest<PortableUnderTest>>;

public sealed class StreamBeginEndTests_PortableTls12 : StreamBeginEndTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class StreamBeginEndTests_EpollTls : StreamBeginEndTests<TlsUnderTest<EpollUnderTest>>;

public sealed class StreamBeginEndTests_EpollTls12 : StreamBeginEndTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class PipeReaderCallerTests_PortableTls : PipeReaderCallerTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderCallerTests_PortableTls12 : PipeReaderCallerTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderCallerTests_EpollTls : PipeReaderCallerTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeReaderCallerTests_EpollTls12 : PipeReaderCallerTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeReaderTests_PortableTls : PipeReaderTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderTests_PortableTls12 : PipeReaderTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderTests_EpollTls : PipeReaderTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeReaderTests_EpollTls12 : PipeReaderTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeWriterTests_PortableTls : PipeWriterTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeWriterTests_PortableTls12 : PipeWriterTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeWriterTests_EpollTls : PipeWriterTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeWriterTests_EpollTls12 : PipeWriterTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeFlushModeTests_PortableTls : PipeFlushModeTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeFlushModeTests_PortableTls12 : PipeFlushModeTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeFlushModeTests_EpollTls : PipeFlushModeTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeFlushModeTests_EpollTls12 : PipeFlushModeTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeEndTests_PortableTls : PipeEndTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeEndTests_PortableTls12 : PipeEndTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeEndTests_EpollTls : PipeEndTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeEndTests_EpollTls12 : PipeEndTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeFaultTests_PortableTls : PipeFaultTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeFaultTests_PortableTls12 : PipeFaultTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeFaultTests_EpollTls : PipeFaultTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class PipeFaultTests_EpollTls12 : PipeFaultTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageReceiveTests_PortableTls : MessageReceiveTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageReceiveTests_PortableTls12 : MessageReceiveTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageReceiveTests_EpollTls : MessageReceiveTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageReceiveTests_EpollTls12 : MessageReceiveTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageBreakTests_PortableTls : MessageBreakTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageBreakTests_PortableTls12 : MessageBreakTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageBreakTests_EpollTls : MessageBreakTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageBreakTests_EpollTls12 : MessageBreakTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageConcurrencyTests_PortableTls : MessageConcurrencyTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageConcurrencyTests_PortableTls12 : MessageConcurrencyTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageConcurrencyTests_EpollTls : MessageConcurrencyTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageConcurrencyTests_EpollTls12 : MessageConcurrencyTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageFaultTests_PortableTls : MessageFaultTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageFaultTests_PortableTls12 : MessageFaultTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageFaultTests_EpollTls : MessageFaultTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageFaultTests_EpollTls12 : MessageFaultTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageSendTests_PortableTls : MessageSendTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageSendTests_PortableTls12 : MessageSendTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageSendTests_EpollTls : MessageSendTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageSendTests_EpollTls12 : MessageSendTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageEndTests_PortableTls : MessageEndTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageEndTests_PortableTls12 : MessageEndTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageEndTests_EpollTls : MessageEndTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageEndTests_EpollTls12 : MessageEndTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageLimitTests_PortableTls : MessageLimitTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageLimitTests_PortableTls12 : MessageLimitTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageLimitTests_EpollTls : MessageLimitTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageLimitTests_EpollTls12 : MessageLimitTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageCallerTests_PortableTls : MessageCallerTests<TlsUnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageCallerTests_PortableTls12 : MessageCallerTests<Tls12UnderTest<PortableUnderTest>, OverTcp>;

public sealed class MessageCallerTests_EpollTls : MessageCallerTests<TlsUnderTest<EpollUnderTest>, OverTcp>;

public sealed class MessageCallerTests_EpollTls12 : MessageCallerTests<Tls12UnderTest<EpollUnderTest>, OverTcp>;
