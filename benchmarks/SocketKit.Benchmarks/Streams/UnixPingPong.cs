using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

public class UnixPingPong() : StreamPingPong(static () => new UnixTransport());
