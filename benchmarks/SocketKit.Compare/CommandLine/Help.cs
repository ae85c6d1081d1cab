namespace SocketKit.Compare;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Help
{
    private const string Usage = """
        Compares servers: each one runs as a process of its own, under load from another process, in turn, several times.

        usage: dotnet run -c Release --project benchmarks/SocketKit.Compare -- [OPTIONS]
          --suite quick|full|tls|datagrams
                                        quick (the default) ends in three minutes, full takes about 40, tls and datagrams 20
          --cell CELL                   this load in place of the suite's; repeat for more
          --servers NAME,NAME           these servers in place of the suite's; ratios refer to the first one; none: only those of --command
          --command 'NAME=PROGRAM {port}'  one more server, which echoes on 127.0.0.1 and the given TCP port; repeat for more
          --rounds N                    how often all servers are measured in each cell
          --seconds S                   of each measurement
          --no-pin                      the system places servers and generators; otherwise each gets a processor where there are two
          --report DIR                  writes results.json, results.md, SVG charts and index.html there

        A CELL is
          C/SIZE/DEPTH                  C connections, each with DEPTH messages of SIZE bytes in flight (closed loop), such as 64/32/1
          C/SIZE/DEPTH@RATE             RATE messages per second on all connections, by the clock; @half: half of the first server's peak
          connect:C                     connect, one message, close; C at a time
          idle:C                        C connections that say nothing: their memory
          udp:C/SIZE/DEPTH              datagrams, C sockets with DEPTH in flight each
          udp-send:SIZE                 datagrams one way, as fast as they can be sent, to a receiver in C: the sender is what is
                                        compared (raw, raw-sync, portable, epoll, c, and those with -batch and -offload)
          udp-send-gro:SIZE             the same to a receiver that takes runs as one
          udp-receive:SIZE              datagrams one way, 100,000 per second from C in runs of 32: the receiver is what is compared
          udp-receive:SIZE@RATE         the same at another rate
          workN:C/SIZE/DEPTH            handlers that compute for N µs before they answer; nothing is pinned
          start:C/SIZE/DEPTH            the rate in each of the first ten seconds of a server
          held:C                        C handlers that sleep 5 ms each time, and 8 neighbours that send every millisecond
          ping:C/SIZE/DEPTH             the client is what is compared: raw, portable, epoll, c
          tls:C/SIZE/DEPTH              as C/SIZE/DEPTH over TLS: sslstream, sslstream-zero, portable, epoll, and those of --command
          handshake:C, resume:C         as connect:C with a handshake of TLS; the second resumes the session of the connection before
          tls-idle:C                    C connections of TLS that say nothing after a message of 64 bytes: their memory

        Servers:
        """;

    private const string Method = """
        How it is done:
          Rounds are interleaved (A B C, B C A, …), so that a slow minute of the machine hits all servers. Each run starts its server anew.
          A warm-up ends when the rates of four intervals in a row lie within 5 % (at a fixed rate: the processor time per message, 10 %).
          The generator compares every byte of every echo. Datagrams that go one way are counted on both sides, with their sizes. A round
          in which other guests of the host or other programs took processor time is told, and repeated once; the repetition counts.
          Every figure of every run is in results.json.

        Figures:
        """;

    private const string End = """

        The status is 0 if all runs were clean and every echo was right, 1 otherwise, 2 if the arguments were wrong.
        """;

    public static void Print(TextWriter output, Catalog catalog)
    {
        output.WriteLine(Usage);
        foreach (Contestant contestant in catalog.Known)
        {
            output.WriteLine($"  {contestant.Name,-20} {contestant.About}");
        }

        output.WriteLine();
        output.WriteLine(Method);
        foreach (Term term in Glossary.Terms)
        {
            output.WriteLine($"  {term.Name,-24} {term.Meaning}");
        }

        output.WriteLine(End);
    }
}
