using System.Buffers;
using System.Text.Json;

/// <summary>What a message holds, as JSON: the question or the answer of a call, and the number that brings the two together.</summary>
internal sealed record Call(long Id, string Text, bool HasFailed = false)
{
    public byte[] Pack() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>The bytes lie in the memory of the channel until the next receive. The call is a copy.</summary>
    public static Call Unpack(ReadOnlySequence<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        return JsonSerializer.Deserialize<Call>(ref reader) ?? throw new JsonException("null is no call.");
    }
}
