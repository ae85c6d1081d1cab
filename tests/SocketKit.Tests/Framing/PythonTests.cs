using System.Globalization;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>Beside a decoder and an encoder in Python, which know struct and the definitions only. One process serves all tests.</summary>
public sealed class PythonTests(PythonTests.Decoder decoder) : IClassFixture<PythonTests.Decoder>
{
    private const int Cases = 1_000;

    [ToolFact("python3")]
    public Task Lines() => CompareAsync("lines", "lines");

    [ToolFact("python3")]
    public Task Varints() => CompareAsync("varint", "varint");

    [ToolFact("python3")]
    public Task Lengths_of_two_bytes() => CompareAsync("2 bytes", "struct >H 2");

    [ToolFact("python3")]
    public Task Lengths_of_four_bytes() => CompareAsync("4 bytes", "struct >I 4");

    [ToolFact("python3")]
    public Task Lengths_of_eight_bytes() => CompareAsync("8 bytes", "struct >Q 8");

    [ToolFact("python3")]
    public Task Lengths_of_two_bytes_with_the_lowest_first() => CompareAsync("2 bytes, little-endian", "struct <H 2");

    [ToolFact("python3")]
    public Task Lengths_of_four_bytes_with_the_lowest_first() => CompareAsync("4 bytes, little-endian", "struct <I 4");

    [ToolFact("python3")]
    public Task Lengths_of_eight_bytes_with_the_lowest_first() => CompareAsync("8 bytes, little-endian", "struct <Q 8");

    [ToolFact("python3")]
    public Task Delimiters() => CompareAsync("blank line", "delimiter 0d0a0d0a");

    [ToolFact("python3")]
    public Task Delimiters_that_overlap_themselves() => CompareAsync("in itself", "delimiter 61626162");

    [ToolFact("python3")]
    public Task Fixed_sizes() => CompareAsync("fixed size", "fixed 7");

    /// <summary>Both encode good messages as the same bytes, and decode any bytes as the same messages and refusals.</summary>
    private async Task CompareAsync(string name, string python)
    {
        Kind kind = Kind.Of(name);
        for (ulong seed = 1; seed <= Cases; seed++)
        {
            var random = new SeededRandom(seed);
            byte[][] messages = [.. Enumerable.Range(0, random.Below(5)).Select(_ => kind.Message(random))];
            byte[] bytes = kind.Encode(messages);
            string encoded = await decoder.AskAsync($"encode {python}|{string.Join(' ', messages.Select(Hex))}");
            encoded.Should().Be(Hex(bytes), "seed {0}", seed);

            int limit = name == "fixed size" ? 7 : random.Below(3) == 0 ? 1000 : random.Below(20);
            byte[] any = random.Below(2) == 0 ? bytes : Kind.Bytes(random, random.Below(40));
            var receiver = new Receiver(kind.Framing, limit);
            receiver.Receive(any);
            string ours = string.Join(' ', receiver.Messages.Select(Hex)) + (receiver.Refusal is null ? "" : "!");
            string question = string.Create(CultureInfo.InvariantCulture, $"decode {python}|{Hex(any)}|{limit}");
            string theirs = await decoder.AskAsync(question);
            theirs.Should().Be(ours, "seed {0}: {1}, limit {2}", seed, Hex(any), limit);
        }
    }

    /// <summary>An empty message needs a word, too.</summary>
    private static string Hex(byte[] bytes) => "x" + Convert.ToHexStringLower(bytes);

    /// <summary>The process, which starts with the first question.</summary>
    public sealed class Decoder : IDisposable
    {
        private const string Code = """
            import struct, sys

            class Refused(Exception):
                pass

            def varint(data):
                value = 0
                for i, byte in enumerate(data):
                    value |= (byte & 127) << (7 * i)
                    if value >> 32 or i > 4 or (i == 4 and byte & 128):
                        raise Refused
                    if byte < 128:
                        if i > 0 and byte == 0:
                            raise Refused
                        return value, i + 1
                return None

            def prefix(kind, data):
                if kind[0] == 'varint':
                    return varint(data)
                size = int(kind[2])
                return (struct.unpack(kind[1], data[:size])[0], size) if len(data) >= size else None

            def ended(data, end, limit, line):
                at = data.find(end)
                if at >= 0:
                    message = data[:at]
                    if line and message[-1:] == b'\r':
                        message = message[:-1]
                    if len(message) > limit:
                        raise Refused
                    return message, at + len(end)
                # What has come without an end is a part of the message, but for what may begin the end.
                begun = len(data) - (data[-1:] == b'\r' if line else len(end) - 1)
                if begun > limit:
                    raise Refused
                return None

            def one(kind, data, limit):
                if kind[0] == 'lines':
                    return ended(data, b'\n', limit, True)
                if kind[0] == 'delimiter':
                    return ended(data, bytes.fromhex(kind[1]), limit, False)
                if kind[0] == 'fixed':
                    size = int(kind[1])
                    return (data[:size], size) if len(data) >= size else None
                head = prefix(kind, data)
                if head is None:
                    return None
                length, size = head
                if length > limit:
                    raise Refused
                return (data[size:size + length], size + length) if len(data) >= size + length else None

            def decode(kind, data, limit):
                found = []
                try:
                    while (message := one(kind, data, limit)) is not None:
                        found.append('x' + message[0].hex())
                        data = data[message[1]:]
                except Refused:
                    return ' '.join(found) + '!'
                return ' '.join(found)

            def encode(kind, message):
                if kind[0] == 'lines':
                    return message + b'\n'
                if kind[0] == 'delimiter':
                    return message + bytes.fromhex(kind[1])
                if kind[0] == 'fixed':
                    return message
                if kind[0] == 'struct':
                    return struct.pack(kind[1], len(message)) + message
                head, rest = b'', len(message)
                while rest > 127:
                    head += bytes([rest & 127 | 128])
                    rest >>= 7
                return head + bytes([rest]) + message

            for line in sys.stdin:
                words, *arguments = line.rstrip('\n').split('|')
                verb, *kind = words.split(' ')
                if verb == 'encode':
                    print('x' + b''.join(encode(kind, bytes.fromhex(one[1:])) for one in arguments[0].split()).hex())
                else:
                    print(decode(kind, bytes.fromhex(arguments[0][1:]), int(arguments[1])))
            """;

        private readonly Lazy<Script> _script = new(static () => Script.Python(Code));

        public async Task<string> AskAsync(string question)
        {
            await _script.Value.Input.WriteLineAsync(question);
            await _script.Value.Input.FlushAsync();
            return await _script.Value.LineAsync();
        }

        public void Dispose()
        {
            if (_script.IsValueCreated)
            {
                _script.Value.Dispose();
            }
        }
    }
}
