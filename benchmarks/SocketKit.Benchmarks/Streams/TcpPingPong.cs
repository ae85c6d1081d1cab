using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

public class TcpPingPong() : StreamPingPong(static () => new TcpTransport());
