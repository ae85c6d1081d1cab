namespace SocketKit.Engine.Linux.Loops;

/// <summary>What one run of user code did.</summary>
internal enum RunKind
{
    /// <summary>It was short, or long only because its thread got no processor.</summary>
    Quick,

    /// <summary>It was long, and used the processor.</summary>
    Work,

    /// <summary>It was long, and waited.</summary>
    Wait,
}
