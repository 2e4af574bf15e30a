using System.Text;

namespace MicroVm.Daemon.Hosting;

/// <summary>
/// Logs to stderr, one line an entry. Under systemd with the priority that the journal reads (sd-daemon(3)), else with
/// the time. Exceptions follow on lines of their own, only when they are logged as such: bugs, not users' mistakes.
/// </summary>
internal sealed class StderrLogger(string category, TextWriter output, bool journal) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = new StringBuilder(160);
        line.Append(journal ? Priority(logLevel) : Timestamp(logLevel)).Append(category).Append(": ").Append(OneLine(formatter(state, exception)));
        if (exception is not null)
        {
            line.Append(Environment.NewLine).Append(exception);
        }

        output.WriteLine(line.ToString());
    }

    // What a client sent may be in it: no line of its own, no terminal's escape sequence.
    private static string OneLine(string message) =>
        message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)) : message;

    private static string Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => "<2>",
        LogLevel.Error => "<3>",
        LogLevel.Warning => "<4>",
        LogLevel.Information => "<6>",
        _ => "<7>",
    };

    private static string Timestamp(LogLevel level) =>
        DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z '", System.Globalization.CultureInfo.InvariantCulture) + Name(level);

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Critical => "FATAL ",
        LogLevel.Error => "ERROR ",
        LogLevel.Warning => "WARN  ",
        LogLevel.Information => "INFO  ",
        _ => "DEBUG ",
    };
}
