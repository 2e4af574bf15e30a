using System.Text;
using MicroVm.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Health;

namespace MicroVm.Engine.Builds;

/// <summary>RUN: a container like any other, whose changes become the layer.</summary>
internal sealed partial class StageBuilder
{
    private async Task RunContainerAsync(RunCommand run, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> command = Executed(run.Words);
        IReadOnlyList<string> arguments = build.Arguments.ForCache(_config.Env);
        string createdBy = arguments.Count == 0
            ? string.Join(' ', command)
            : $"|{arguments.Count} {string.Join(' ', arguments)} {string.Join(' ', command)}";
        string key = $"RUN network={run.Network} {createdBy}";
        if (await TryCacheAsync(createdBy, key, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        ContainerSpec spec = SpecOf(run, command);
        CreatedContainer container = await build.Tools.Containers.CreateAsync(spec, name: null, cancellationToken).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(container.Id, command, cancellationToken).ConfigureAwait(false);
            await using Stream layer = await build.Tools.Files.OpenLayerAsync(container.Id, cancellationToken).ConfigureAwait(false);
            await CommitAsync(createdBy, key, layer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!build.Request.KeepsContainers)
            {
                await build.Tools.Containers.RemoveAsync(container.Id, force: true, removeVolumes: true, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private ContainerSpec SpecOf(RunCommand run, IReadOnlyList<string> command)
    {
        if (run.Mounts.Count > 0)
        {
            throw new EngineException(EngineErrorKind.Invalid, "RUN --mount is not supported: remove the flag --mount");
        }

        ContainerSpec asked = build.Request.Container;
        return asked with
        {
            Image = Image?.Id.ToString() ?? throw new EngineException(
                EngineErrorKind.Invalid, "RUN needs a program to run, and FROM scratch has none: COPY one first"),
            Command = command,
            Entrypoint = [],
            Environment = build.Arguments.ForRun(_config.Env),
            AttachStdout = true,
            AttachStderr = true,
            Health = new HealthCheck { Test = ["NONE"] },
            NetworkMode = run.Network == "default" ? asked.NetworkMode : run.Network,
            LogDriver = build.Request.KeepsContainers ? "" : "none",
            IsBuildStep = !build.Request.KeepsContainers,
        };
    }

    private async Task ExecuteAsync(string container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        string shortId = container[..12];
        await build.Output.WriteAsync($" ---> Running in {shortId}\n", cancellationToken).ConfigureAwait(false);
        await using IAttachment client = await build.Tools.Containers.AttachAsync(
            container, new(Stream: true, Stdin: false, Stdout: true, Stderr: true, Logs: false), cancellationToken).ConfigureAwait(false);
        ContainerWait wait = build.Tools.Containers.Wait(container, WaitCondition.NextExit);
        await build.Tools.Containers.StartAsync(container, cancellationToken).ConfigureAwait(false);
        await PumpAsync(client, cancellationToken).ConfigureAwait(false);
        ContainerExit exit = await wait.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (exit.StatusCode != 0)
        {
            throw new BuildStepException(
                exit.StatusCode, $"The command '{OneLine.Of(string.Join(' ', command), 4096)}' returned a non-zero code: {exit.StatusCode}");
        }

        if (!build.Request.KeepsContainers)
        {
            await build.Output.WriteAsync($"Removing intermediate container {shortId}\n", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Output as it comes, stderr in red, as Docker's builder shows it.</summary>
    private async Task PumpAsync(IAttachment client, CancellationToken cancellationToken)
    {
        Decoder[] decoders = [Encoding.UTF8.GetDecoder(), Encoding.UTF8.GetDecoder(), Encoding.UTF8.GetDecoder()];
        while (await client.ReadAsync(cancellationToken).ConfigureAwait(false) is { } chunk)
        {
            Decoder decoder = decoders[(int)chunk.Stream];
            char[] text = new char[Encoding.UTF8.GetMaxCharCount(chunk.Bytes.Length)];
            int count = decoder.GetChars(chunk.Bytes.Span, text, flush: false);
            if (count > 0)
            {
                string shown = new(text, 0, count);
                await build.Output.WriteAsync(chunk.Stream == OutputStream.Stderr ? $"\e[91m{shown}\e[0m" : shown, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
