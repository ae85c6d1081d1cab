using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Memory;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>The first record holds the header and a part of the body. If all of it waits, a task sends the rest.</summary>
public abstract class TlsWaitingAllocationTests<TEngine> : WaitingAllocationTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected override long MostOfPair => 512;
}

// Over TLS a message allocates nothing either.
public sealed class AllocationTests_PortableTls : AllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class AllocationTests_PortableTls12 : AllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class AllocationTests_EpollTls : AllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class AllocationTests_EpollTls12 : AllocationTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class WaitingReceiveAllocationTests_PortableTls : WaitingReceiveAllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class WaitingReceiveAllocationTests_PortableTls12 : WaitingReceiveAllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class WaitingReceiveAllocationTests_EpollTls : WaitingReceiveAllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class WaitingReceiveAllocationTests_EpollTls12 : WaitingReceiveAllocationTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class WaitingAllocationTests_PortableTls : TlsWaitingAllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class WaitingAllocationTests_PortableTls12 : TlsWaitingAllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class WaitingAllocationTests_EpollTls : TlsWaitingAllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class WaitingAllocationTests_EpollTls12 : TlsWaitingAllocationTests<Tls12UnderTest<EpollUnderTest>>;
