using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Memory;

namespace SocketKit.IntegrationTests.Tls;

// Over TLS a message allocates nothing either.
public sealed class AllocationTests_PortableTls : AllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class AllocationTests_PortableTls12 : AllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class AllocationTests_EpollTls : AllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class AllocationTests_EpollTls12 : AllocationTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class WaitingReceiveAllocationTests_PortableTls : WaitingReceiveAllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class WaitingReceiveAllocationTests_PortableTls12 : WaitingReceiveAllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class WaitingReceiveAllocationTests_EpollTls : WaitingReceiveAllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class WaitingReceiveAllocationTests_EpollTls12 : WaitingReceiveAllocationTests<Tls12UnderTest<EpollUnderTest>>;

public sealed class WaitingAllocationTests_PortableTls : WaitingAllocationTests<TlsUnderTest<PortableUnderTest>>;

public sealed class WaitingAllocationTests_PortableTls12 : WaitingAllocationTests<Tls12UnderTest<PortableUnderTest>>;

public sealed class WaitingAllocationTests_EpollTls : WaitingAllocationTests<TlsUnderTest<EpollUnderTest>>;

public sealed class WaitingAllocationTests_EpollTls12 : WaitingAllocationTests<Tls12UnderTest<EpollUnderTest>>;
