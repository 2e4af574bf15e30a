using System.Globalization;
using MicroVm.Builds;
using MicroVm.Images;
using MicroVm.Images.References;
using MicroVm.Images.Store;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds;

/// <summary>One build: its stages, one after the other, and what they share.</summary>
internal sealed class Build : IDisposable
{
    private readonly Dictionary<int, StoredImage> _stages = [];
    private readonly Dictionary<Digest, ImageContents> _contents = [];
    private readonly List<IDisposable> _holds = [];
    private readonly IReadOnlyList<int> _plan;
    private readonly int _stepCount;
    private int _step;

    /// <exception cref="EngineException">Invalid: the target is no stage.</exception>
    public Build(Dockerfile file, BuildRequest request, BuildContext context, BuildTools tools, IBuildOutput output)
    {
        File = file;
        Request = request;
        Context = context;
        Tools = tools;
        Output = output;
        Arguments = new(request.Arguments);
        _plan = StagePlan.For(file, request.Target);
        _stepCount = file.Globals.Count + _plan.Sum(stage => 1 + file.Stages[stage].Commands.Count) + request.Labels.Count;
    }

    public Dockerfile File { get; }

    public BuildRequest Request { get; }

    public BuildContext Context { get; }

    public BuildTools Tools { get; }

    public IBuildOutput Output { get; }

    public BuildArguments Arguments { get; }

    public async Task<StoredImage> RunAsync(CancellationToken cancellationToken)
    {
        var globals = new VariableExpander(File.Escape, Arguments.Global);
        foreach (ArgCommand arg in File.Globals)
        {
            await AnnounceAsync(arg.Source, cancellationToken).ConfigureAwait(false);
            foreach ((string name, string? value) in arg.Variables)
            {
                Arguments.AddGlobal(name, value is null ? null : globals.Word(value));
            }
        }

        foreach (int stage in _plan)
        {
            _stages[stage] = await RunStageAsync(stage, globals, cancellationToken).ConfigureAwait(false);
        }

        return _stages[_plan[^1]];
    }

    /// <summary>Step 1/3 : FROM busybox.</summary>
    public ValueTask AnnounceAsync(string source, CancellationToken cancellationToken) => Output.WriteAsync(
        string.Create(CultureInfo.InvariantCulture, $"Step {++_step}/{_stepCount} : {source}\n"), cancellationToken);

    /// <summary>A stage that was built before by its name or number, else an image, which is pulled when it is not there.</summary>
    /// <exception cref="EngineException">Invalid: it is this stage, or a later one.</exception>
    public Task<StoredImage> SourceAsync(string name, int stage, CancellationToken cancellationToken)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given >= stage)
        {
            throw new EngineException(EngineErrorKind.Invalid, given == stage
                ? $"invalid from flag value {given}: refers to current build stage"
                : $"invalid from flag value {given}: there is no such stage before this one");
        }

        return StagePlan.Find(File, name, stage) is { } earlier && _stages.TryGetValue(earlier, out StoredImage? image)
            ? Task.FromResult(image)
            : ImageAsync(name, Request.Platform, cancellationToken);
    }

    public async Task<StoredImage> ImageAsync(string name, string platform, CancellationToken cancellationToken)
    {
        if (!Request.Pull && Tools.Images.Find(name) is { } found && IsFor(found, platform))
        {
            return Hold(found);
        }

        ImageReference reference = ImageReference.Parse(name);
        var options = new PullOptions(platform.Length == 0 ? null : platform, Request.Credentials(reference.Domain));
        return Hold(await Output.TransferAsync(progress => Tools.Images.PullAsync(reference, options, progress, cancellationToken)).ConfigureAwait(false));
    }

    /// <summary>Until the build's end, whatever is removed meanwhile.</summary>
    /// <exception cref="EngineException">Conflict: it was removed just now.</exception>
    public StoredImage Hold(StoredImage image)
    {
        _holds.Add(Tools.Images.Hold(image.Id));
        return Tools.Images.Find(image.Id.ToString())
            ?? throw new EngineException(EngineErrorKind.Conflict, $"image {image.Id.Hex[..12]} was removed while the build needed it: build again");
    }

    /// <param name="image">Null: nothing (FROM scratch).</param>
    public ImageContents Contents(StoredImage? image, CancellationToken cancellationToken)
    {
        Digest key = image?.Id ?? default;
        if (!_contents.TryGetValue(key, out ImageContents? contents))
        {
            contents = Tools.Layers.OpenContents(image?.DiffIds ?? [], cancellationToken);
            _contents.Add(key, contents);
        }

        return contents;
    }

    /// <summary>A step's image is on the way to the next one: its tree is not needed any more.</summary>
    public void Forget(StoredImage? image)
    {
        if (_contents.Remove(image?.Id ?? default, out ImageContents? contents))
        {
            contents.Dispose();
        }
    }

    /// <summary>A sparse file of the context's takes no space there, and all of it in a layer.</summary>
    /// <param name="size">Bytes that a layer is going to take.</param>
    /// <exception cref="EngineException">Internal: the disk has less.</exception>
    public void RequireSpace(long size)
    {
        long free = Context.FreeSpace;
        if (size > free)
        {
            throw new EngineException(EngineErrorKind.Internal, $"no space left on the disk: the files to copy take {size >> 20} MiB, and {free >> 20} MiB are free");
        }
    }

    public void Dispose()
    {
        foreach (ImageContents contents in _contents.Values)
        {
            contents.Dispose();
        }

        _holds.ForEach(hold => hold.Dispose());
    }

    private async Task<StoredImage> RunStageAsync(int number, VariableExpander globals, CancellationToken cancellationToken)
    {
        Stage stage = File.Stages[number];
        var builder = new StageBuilder(this, number);
        await builder.FromAsync(stage.From, globals, cancellationToken).ConfigureAwait(false);
        foreach (Command command in stage.Commands.Concat(number == _plan[^1] ? Labels() : []))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await AnnounceAsync(command.Source, cancellationToken).ConfigureAwait(false);
            await builder.RunAsync(command, cancellationToken).ConfigureAwait(false);
        }

        return builder.Image ?? throw new EngineException(EngineErrorKind.Invalid, "No image was generated. Is your Dockerfile empty?");
    }

    /// <summary>--label, as instructions behind all others.</summary>
    private IEnumerable<LabelCommand> Labels() => Request.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)
        .Select(label => new LabelCommand(0, $"LABEL {label.Key}={label.Value}", [label], IsLiteral: true));

    private static bool IsFor(StoredImage image, string platform)
    {
        string[] parts = platform.Split('/');
        return platform.Length == 0 || (parts[0] == image.Config.Os && (parts.Length < 2 || parts[1] == image.Config.Architecture));
    }
}
