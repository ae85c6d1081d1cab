using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/observing.md, compiled. ObservingGuideTests runs it.</summary>
internal static class ObservingSnippets
{
    public static async Task Answer(TcpServer server, Func<TcpConnection, ReadOnlyMemory<byte>, Task> answerAsync)
    {
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            var request = new byte[1024];
            int length = await connection.ReceiveAsync(request, cancellationToken);

            // The span of this connection. It is null while nobody listens.
            Activity.Current?.SetTag("request.size", length);
            await answerAsync(connection, request.AsMemory(0, length));
        });
    }

    public static async Task Listen(Action<string, double> report, Func<Action, Task> use)
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "SocketKit")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => report(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => report(instrument.Name, value));
        listener.Start();

        await use(() => Look(listener));
    }

    private static void Look(MeterListener listener)
    {
        listener.RecordObservableInstruments();
    }
}
