namespace SocketKit.Compare;

/// <summary>What the receiver of datagrams that go one way says at its end.</summary>
internal static class Receipt
{
    /// <returns>The run with the part that arrived, or with a problem if other datagrams arrived than were sent.</returns>
    public static Run AddTo(Run run, IReadOnlyDictionary<string, double> receiver, int size)
    {
        double received = receiver.GetValueOrDefault(Keys.Received);
        double bytes = receiver.GetValueOrDefault(Keys.Bytes);
        double sent = run.Figures.GetValueOrDefault(Keys.Sent);
        if (received <= 0 || sent <= 0)
        {
            return run with { Problem = "nothing was received" };
        }

        if (bytes != received * size || received > sent)
        {
            return run with { Problem = Text.Of($"of {sent:N0} datagrams of {size:N0} bytes {received:N0} arrived with {bytes:N0}") };
        }

        return run with { Figures = new Dictionary<string, double>(run.Figures) { [Keys.ReceivedShare] = received / sent } };
    }
}
