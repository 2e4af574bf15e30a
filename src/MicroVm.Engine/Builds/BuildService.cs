using MicroVm.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Files;
using MicroVm.Images;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Builds;

/// <summary>Docker's classic builder: one image a step, RUN in a container of its own, everything else on the host without one.</summary>
public sealed class BuildService : IBuildService
{
    private readonly string _directory;
    private readonly BuildTools _tools;
    private readonly EventBus _events;

    public BuildService(
        EngineOptions options, IContainerService containers, IContainerFiles files, IImageStore images, ILayerStore layers, EventBus events)
    {
        _directory = Path.Combine(options.Root, "builds");
        _tools = new(containers, files, images, layers);
        _events = events;
    }

    public async Task<Digest> BuildAsync(BuildRequest request, IBuildOutput output, CancellationToken cancellationToken)
    {
        string directory = Path.Combine(_directory, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_directory);
        using var context = new BuildContext(directory);
        try
        {
            Dockerfile file = Dockerfile.Parse(await RemoteContext.ReadAsync(context, request, cancellationToken).ConfigureAwait(false));
            using var build = new Build(file, request, context, _tools, output);
            StoredImage image = await build.RunAsync(cancellationToken).ConfigureAwait(false);
            await FinishAsync(image, build.Arguments, request, output, cancellationToken).ConfigureAwait(false);
            return image.Id;
        }
        catch (DockerfileException e)
        {
            throw new EngineException(EngineErrorKind.Invalid, OneLine.Of(e.Message), e);
        }
    }

    public async Task RecoverAsync()
    {
        foreach (ContainerSnapshot container in _tools.Containers.List().Where(container => container.Spec.IsBuildStep))
        {
            await _tools.Containers.RemoveAsync(container.Id, force: true, removeVolumes: true, CancellationToken.None).ConfigureAwait(false);
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task FinishAsync(
        StoredImage image, BuildArguments arguments, BuildRequest request, IBuildOutput output, CancellationToken cancellationToken)
    {
        if (arguments.Unused is { Count: > 0 } unused)
        {
            await output.WriteAsync($"[Warning] One or more build-args [{string.Join(' ', unused)}] were not consumed\n", cancellationToken).ConfigureAwait(false);
        }

        await output.WriteResultAsync(image.Id, cancellationToken).ConfigureAwait(false);
        await output.WriteAsync($"Successfully built {image.Id.Hex[..12]}\n", cancellationToken).ConfigureAwait(false);
        foreach (ImageReference name in request.Names)
        {
            await _tools.Images.TagAsync(image.Id.ToString(), name, cancellationToken).ConfigureAwait(false);
            _events.Publish(image, "tag", name.Familiar);
            await output.WriteAsync($"Successfully tagged {name.Familiar}\n", cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>What builds are done with.</summary>
internal sealed record BuildTools(IContainerService Containers, IContainerFiles Files, IImageStore Images, ILayerStore Layers);
