using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using SocketException = System.Net.Sockets.SocketException;

// What a server and its clients do, as OpenTelemetry sees it.
//   dotnet run --project samples/Observed                    both sides here: each span when it ends, and all metrics at the end
//   dotnet run --project samples/Observed -- serve [port]    serves until Ctrl+C (12345), and prints the metrics every ten seconds
// A running process can be watched without any code, too. In a second terminal:
//   dotnet tool install --global dotnet-counters
//   dotnet-counters monitor --name Observed --counters SocketKit
//   dotnet-counters collect --name Observed --counters SocketKit --format csv --output observed.csv
const int DefaultPort = 12345;
const int Failed = 1;
const int WrongUsage = 2;

// One name for metrics and traces. In a service, replace the console by an exporter for your backend, such as OTLP.
using MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddMeter("SocketKit").AddConsoleExporter().Build();
using TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddSource("SocketKit").AddConsoleExporter().Build();

try
{
    switch (args)
    {
        case []:
            await Traffic.PlayAsync();

            // Metrics are exported every now and then. This does it now, so that nothing is lost when the program ends.
            metrics.ForceFlush();
            return 0;

        case ["serve"]:
            await Traffic.ServeAsync(DefaultPort);
            return 0;

        case ["serve", var text] when Sample.TryPort(text, least: 0, out int port):
            await Traffic.ServeAsync(port);
            return 0;

        default:
            await Console.Error.WriteLineAsync("usage: Observed [serve [PORT]]. A port is 0 to 65535.");
            return WrongUsage;
    }
}
catch (SocketException exception)
{
    // A port that is in use, for example. The message names the operation, the address and the reason.
    await Console.Error.WriteLineAsync(exception.Message);
    return Failed;
}
