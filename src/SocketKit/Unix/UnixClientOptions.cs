using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixClient"/>.</summary>
public sealed class UnixClientOptions : UnixOptions
{
    /// <summary>How long a connect waits while the server's backlog is full. Every other failure is reported immediately.</summary>
    /// <value>15 s by default.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    internal override void Validate()
    {
        base.Validate();
        if (ConnectTimeout <= TimeSpan.Zero && ConnectTimeout != Infinite.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(ConnectTimeout), ConnectTimeout, "Positive, or Timeout.InfiniteTimeSpan.");
        }
    }
}
