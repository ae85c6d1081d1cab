namespace SocketKit.Load;

/// <summary>The load generator on System.Net.Sockets, for machines where benchmarks/native cannot be built.</summary>
internal static class Generator
{
    /// <summary>Gives whether every echo was right.</summary>
    public static Task<bool> RunAsync(GenerateCommand command, string[] args, CancellationToken cancellationToken)
    {
        var options = new GenerateOptions(command, new Arguments(args, GenerateOptions.Flags));
        return command switch
        {
            GenerateCommand.Connect => ConnectLoad.RunAsync(options, cancellationToken),
            GenerateCommand.Idle => IdleLoad.RunAsync(options, cancellationToken),
            _ when options.Transport == GenerateTransport.Udp => Task.FromResult(DatagramEcho.Run(options, cancellationToken)),
            _ => Task.FromResult(StreamEcho.Run(options, cancellationToken)),
        };
    }
}
