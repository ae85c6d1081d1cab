using SocketKit.Engine.Platform;

namespace SocketKit;

/// <summary>Options of Unix stream connections, both opened and accepted.</summary>
public abstract class UnixOptions : SocketOptions
{
    private protected UnixOptions()
    {
    }

    /// <summary>The initial <see cref="UnixConnection.MaxHandlesPerMessage"/>.</summary>
    /// <value>1 to 253, the kernel's limit. 16 by default, as in D-Bus.</value>
    public int MaxHandlesPerMessage { get; set; } = UnixConnection.DefaultHandlesPerMessage;

    internal override void Validate()
    {
        base.Validate();
        CheckHandles(MaxHandlesPerMessage, nameof(MaxHandlesPerMessage));
    }

    internal static int CheckHandles(int value, string name) => value is >= 1 and <= HandlePassing.MostPerMessage
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"A message carries 1 to {HandlePassing.MostPerMessage} handles.");
}
