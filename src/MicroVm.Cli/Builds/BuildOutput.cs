using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Builds;

/// <summary>Shows what a build tells: its text as it is, the progress of pulls as pull shows it.</summary>
internal sealed class BuildOutput(TextOutput output)
{
    private readonly ProgressDisplay _progress = new(output);

    /// <summary>What was built; null: the daemon did not say.</summary>
    internal string? ImageId { get; private set; }

    /// <exception cref="CliException">The build failed; with the exit code of the command that did.</exception>
    internal void Show(EngineResponse answer)
    {
        foreach (ReadOnlyMemory<byte> line in JsonLines.Read(answer))
        {
            Show(line);
        }
    }

    private void Show(ReadOnlyMemory<byte> line)
    {
        ProgressEvent progress = ProgressEvent.Parse(line);
        if (progress.Error is { } error)
        {
            output.Flush();
            int code = Deserialize(line)?.ErrorDetail?.Code ?? 0;
            throw new CliException(error, code == 0 ? ExitCodes.Failure : code);
        }

        if (progress.Stream is { } text)
        {
            output.Write(text).Flush();
        }
        else if (progress.Status.Length > 0)
        {
            _progress.Show(progress);
        }
        else
        {
            ImageId = Result(line) ?? ImageId;
        }
    }

    private static ProgressMessage? Deserialize(ReadOnlyMemory<byte> line) => JsonSerializer.Deserialize(line.Span, ApiJsonContext.Api.ProgressMessage);

    private static string? Result(ReadOnlyMemory<byte> line) => JsonSerializer.Deserialize(line.Span, ApiJsonContext.Api.BuildResultMessage)?.Aux?.ID;
}
