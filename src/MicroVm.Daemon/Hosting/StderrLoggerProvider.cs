namespace MicroVm.Daemon.Hosting;

/// <summary>Makes <see cref="StderrLogger"/>s, named by the last part of the class.</summary>
internal sealed class StderrLoggerProvider : ILoggerProvider
{
    private readonly bool _journal = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("JOURNAL_STREAM"));

    public ILogger CreateLogger(string categoryName) =>
        new StderrLogger(categoryName[(categoryName.LastIndexOf('.') + 1)..], Console.Error, _journal);

    public void Dispose()
    {
    }
}
