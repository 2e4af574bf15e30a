using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Builds;
using MicroVm.Engine.Files;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Builds;

/// <summary>
/// One stage: an image that each instruction replaces by another one. What an instruction depends on beside that image is in what the new
/// image's history says of it, which is the key that later builds find it by.
/// </summary>
internal sealed partial class StageBuilder(Build build, int number)
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private ImageConfig _config = new();
    private bool _commandIsOwn;
    private bool _cacheEnded = build.Request.NoCache;

    /// <summary>Null: nothing yet (FROM scratch).</summary>
    public StoredImage? Image { get; private set; }

    private IReadOnlyList<string> Shell => _config.Shell ?? ConfigInstruction.DefaultShell;

    public async Task FromAsync(FromCommand from, VariableExpander globals, CancellationToken cancellationToken)
    {
        await build.AnnounceAsync(from.Source, cancellationToken).ConfigureAwait(false);
        string name = globals.Word(from.Image);
        if (name.Length == 0)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"base name ({OneLine.Of(from.Image, 100)}) should not be blank");
        }

        string platform = globals.Word(from.Platform) is { Length: > 0 } given ? given : build.Request.Platform;
        Image = name == "scratch" ? null : await BaseAsync(name, platform, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> triggers = Image?.Config.OnBuild ?? [];
        _config = (Image?.Config ?? new()) with { OnBuild = [] };
        build.Arguments.BeginStage();
        AddDefaultPath();
        await build.Output.WriteAsync(Image is null ? " ---> \n" : $" ---> {Image.Id.Hex[..12]}\n", cancellationToken).ConfigureAwait(false);
        await RunTriggersAsync(triggers, cancellationToken).ConfigureAwait(false);
    }

    public async Task RunAsync(Command command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case RunCommand run:
                await RunContainerAsync(run, cancellationToken).ConfigureAwait(false);
                break;
            case CopyCommand copy:
                await CopyAsync(copy, cancellationToken).ConfigureAwait(false);
                break;
            case WorkdirCommand directory:
                await ChangeDirectoryAsync(directory, cancellationToken).ConfigureAwait(false);
                break;
            default:
                string comment = Apply(command);
                await CommitAsync(CreatedBy($"#(nop)  {comment}"), cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private Task<StoredImage> BaseAsync(string name, string platform, CancellationToken cancellationToken) =>
        StagePlan.Find(build.File, name, number, byNumber: false) is not null
            ? build.SourceAsync(name, number, cancellationToken)
            : build.ImageAsync(name, platform, cancellationToken);

    private async Task RunTriggersAsync(IReadOnlyList<string> triggers, CancellationToken cancellationToken)
    {
        if (triggers.Count == 0)
        {
            return;
        }

        string count = triggers.Count == 1 ? "# Executing 1 build trigger\n" : string.Create(CultureInfo.InvariantCulture, $"# Executing {triggers.Count} build triggers\n");
        await build.Output.WriteAsync(count, cancellationToken).ConfigureAwait(false);
        foreach (string trigger in triggers)
        {
            await RunAsync(Dockerfile.ParseTrigger(trigger), cancellationToken).ConfigureAwait(false);
        }
    }

    private void AddDefaultPath()
    {
        if (!_config.Env.Any(variable => variable.StartsWith("PATH=", StringComparison.Ordinal)))
        {
            _config = _config with { Env = [.. _config.Env, DefaultPath] };
        }
    }

    /// <summary>As a stage's instructions see variables: the environment's first.</summary>
    private VariableExpander Expander()
    {
        IReadOnlyList<string> environment = _config.Env;
        return new(build.File.Escape, name => environment.FirstOrDefault(variable => variable.StartsWith(name + "=", StringComparison.Ordinal)) is { } found
            ? found[(name.Length + 1)..]
            : build.Arguments.Find(name));
    }

    /// <summary>As Docker's histories have it, for what runs nothing.</summary>
    private string CreatedBy(string comment) => string.Join(' ', [.. Shell, comment]);

    /// <summary>The image of the configuration as it is now, without a layer of its own.</summary>
    private async Task CommitAsync(string createdBy, CancellationToken cancellationToken)
    {
        if (!await TryCacheAsync(createdBy, createdBy, cancellationToken).ConfigureAwait(false))
        {
            await CommitAsync(createdBy, createdBy, layer: null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="layer">Null: none.</param>
    private async Task CommitAsync(string createdBy, string key, Stream? layer, CancellationToken cancellationToken)
    {
        StoredImage? parent = Image;
        string created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        ImageHistory step = new(created, createdBy, _config.Author, Comment: null, EmptyLayer: layer is null);
        var commit = new ImageCommit(parent?.Id, _config with { Created = created }, step, Name: null) { BuildKey = KeyOf(key) };
        Image = build.Hold(await build.Tools.Images.CommitAsync(commit, layer, cancellationToken).ConfigureAwait(false));
        build.Forget(parent);
        await build.Output.WriteAsync($" ---> {Image.Id.Hex[..12]}\n", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>After one step that had to be done, no later one can have been done before.</summary>
    private async Task<bool> TryCacheAsync(string createdBy, string key, CancellationToken cancellationToken)
    {
        StoredImage? found = _cacheEnded
            ? null
            : build.Tools.Images.FindBuilt(new(Image?.Id, KeyOf(key))) ?? await FindInCacheSourcesAsync(createdBy, key, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            _cacheEnded = true;
            return false;
        }

        build.Forget(Image);
        Image = build.Hold(found);
        _config = Image.Config;
        await build.Output.WriteAsync($" ---> Using cache\n ---> {Image.Id.Hex[..12]}\n", cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>--cache-from: an image that was made of the same layers by the same instructions, and by this one next.</summary>
    private async Task<StoredImage?> FindInCacheSourcesAsync(string createdBy, string key, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImageHistory> done = Image?.Config.History ?? [];
        IReadOnlyList<Digest> layers = Image?.DiffIds ?? [];
        foreach (StoredImage source in build.Request.CacheFrom.Select(build.Tools.Images.Find).OfType<StoredImage>())
        {
            bool goesOn = source.Config.History.Count > done.Count && source.Config.History[done.Count].CreatedBy == createdBy
                && source.Config.History.Take(done.Count).Select(step => step.CreatedBy).SequenceEqual(done.Select(step => step.CreatedBy))
                && source.DiffIds.Take(layers.Count).SequenceEqual(layers);
            if (goesOn)
            {
                ImageHistory step = source.Config.History[done.Count];
                Digest? layer = step.EmptyLayer ? null : source.DiffIds[layers.Count];
                var commit = new ImageCommit(Image?.Id, _config with { Created = step.Created }, step, Name: null) { BuildKey = KeyOf(key), Layer = layer };
                build.Hold(source);
                return await build.Tools.Images.CommitAsync(commit, null, cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    private static string KeyOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
