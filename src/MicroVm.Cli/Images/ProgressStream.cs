using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Images;

/// <summary>The stream of JSON lines that pull and load answer with.</summary>
internal static class ProgressStream
{
    /// <exception cref="CliException">The stream reports a failure.</exception>
    internal static void Show(EngineResponse answer, TextOutput? output)
    {
        var display = output is null ? null : new ProgressDisplay(output);
        foreach (ReadOnlyMemory<byte> line in JsonLines.Read(answer))
        {
            ProgressEvent progress = ProgressEvent.Parse(line);
            if (progress.Error is { } error)
            {
                display?.Finish();
                throw new CliException(error);
            }

            display?.Show(progress);
        }

        display?.Finish();
    }
}
