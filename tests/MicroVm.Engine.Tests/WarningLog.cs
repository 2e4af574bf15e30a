using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Tests;

/// <summary>Keeps what is logged as a warning or worse.</summary>
internal sealed class WarningLog : ILogger<ContainerService>
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));
}
