using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

// The test bodies of streams once more, over channels that are wrapped by another one.
public sealed class BasicStreamTests_PortableWrapped : BasicStreamTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class BasicStreamTests_EpollWrapped : BasicStreamTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class CallTimeoutTests_PortableWrapped : CallTimeoutTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class CallTimeoutTests_EpollWrapped : CallTimeoutTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class CancellationTests_PortableWrapped : CancellationTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class CancellationTests_EpollWrapped : CancellationTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class ClosedSignalTests_PortableWrapped : ClosedSignalTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class ClosedSignalTests_EpollWrapped : ClosedSignalTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class CloseAsThePeerSeesItTests_PortableWrapped : CloseAsThePeerSeesItTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class CloseAsThePeerSeesItTests_EpollWrapped : CloseAsThePeerSeesItTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class DeadlineTests_PortableWrapped : DeadlineTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class DeadlineTests_EpollWrapped : DeadlineTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class DisposeTests_PortableWrapped : DisposeTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class DisposeTests_EpollWrapped : DisposeTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class EndOfStreamTests_PortableWrapped : EndOfStreamTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class EndOfStreamTests_EpollWrapped : EndOfStreamTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class GatherAndFileTests_PortableWrapped : GatherAndFileTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class GatherAndFileTests_EpollWrapped : GatherAndFileTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class ModeTests_PortableWrapped : ModeTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class ModeTests_EpollWrapped : ModeTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class NonBlockingTests_PortableWrapped : NonBlockingTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class NonBlockingTests_EpollWrapped : NonBlockingTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class PeekAndWaitTests_PortableWrapped : PeekAndWaitTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class PeekAndWaitTests_EpollWrapped : PeekAndWaitTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class PeerResetTests_PortableWrapped : PeerResetTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class PeerResetTests_EpollWrapped : PeerResetTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class ReceiveExactlyTests_PortableWrapped : ReceiveExactlyTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class ReceiveExactlyTests_EpollWrapped : ReceiveExactlyTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class ReceiveTests_PortableWrapped : ReceiveTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class ReceiveTests_EpollWrapped : ReceiveTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class RelayTests_PortableWrapped : RelayTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class RelayTests_EpollWrapped : RelayTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class SendDeadlineTests_PortableWrapped : SendDeadlineTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class SendDeadlineTests_EpollWrapped : SendDeadlineTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class SendPairTests_PortableWrapped : SendPairTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class SendPairTests_EpollWrapped : SendPairTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class SendQueueTests_PortableWrapped : SendQueueTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class SendQueueTests_EpollWrapped : SendQueueTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class ServeTests_PortableWrapped : Serving.ServeTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class ServeTests_EpollWrapped : Serving.ServeTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class StopTests_PortableWrapped : Serving.StopTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class StopTests_EpollWrapped : Serving.StopTests<WrappedUnderTest<EpollUnderTest>>;

public sealed class StreamTests_PortableWrapped : StreamTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class StreamTests_EpollWrapped : StreamTests<WrappedUnderTest<EpollUnderTest>>;
