using Microsoft.VisualStudio.TestPlatform.ObjectModel;
using Microsoft.VisualStudio.TestPlatform.ObjectModel.Client;

namespace SocketKit.SkipReasons;

/// <summary>The console of <c>dotnet test</c> names skipped tests without their reasons. This logger writes them after the run.</summary>
[ExtensionUri("logger://socketkit/skip-reasons")]
[FriendlyName("skip-reasons")]
public sealed class SkipReasons : ITestLogger
{
    private readonly List<string> _skipped = [];

    public void Initialize(TestLoggerEvents events, string testRunDirectory)
    {
        events.TestResult += (_, finished) => Note(finished.Result);
        events.TestRunComplete += (_, _) => Write();
    }

    private void Note(TestResult result)
    {
        if (result.Outcome == TestOutcome.Skipped)
        {
            string reason = result.ErrorMessage ?? string.Concat(result.Messages.Select(static message => message.Text)).Trim();
            lock (_skipped)
            {
                _skipped.Add($"  not run, {reason}: {result.DisplayName ?? result.TestCase.DisplayName}");
            }
        }
    }

    private void Write()
    {
        lock (_skipped)
        {
            // Sorted, so that tests with the same reason stand together. One write, because other test projects write at the same time.
            if (_skipped.Count > 0)
            {
                Console.Out.WriteLine(string.Join(Environment.NewLine, _skipped.Order(StringComparer.Ordinal)));
            }
        }
    }
}
