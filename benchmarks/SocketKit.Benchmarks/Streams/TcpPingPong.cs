using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

/// <inheritdoc/>
[BenchmarkCategory("hot")]
public class TcpPingPong() : StreamPingPong(static () => new TcpTransport());
