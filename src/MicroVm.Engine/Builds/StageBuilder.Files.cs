using System.Text;
using MicroVm.Builds;
using MicroVm.Engine.Builds.Copies;
using MicroVm.Images.Composition;
using MicroVm.Images.Store;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds;

/// <summary>COPY, ADD and WORKDIR: the layer is written on the host, without a VM.</summary>
internal sealed partial class StageBuilder
{
    private const ushort DownloadMode = 0x180; // 0600
    private const ushort DocumentMode = 0x1a4; // 0644

    private async Task CopyAsync(CopyCommand copy, CancellationToken cancellationToken)
    {
        VariableExpander expander = Expander();
        string destination = expander.Word(copy.Destination);
        IReadOnlyList<CopySource> sources = await SourcesAsync(copy, expander, cancellationToken).ConfigureAwait(false);
        bool isDirectory = BuildPaths.NamesDirectory(destination);
        if (sources.Count > 1 && !isDirectory)
        {
            throw new EngineException(
                EngineErrorKind.Invalid, $"When using {copy.Keyword} with more than one source file, the destination must be a directory and end with a /");
        }

        string digest = await CopyDigest.OfAsync(sources, cancellationToken).ConfigureAwait(false);
        string target = BuildPaths.Absolute(_config.WorkingDir, destination);
        string owner = copy.Chown.Length > 0 ? $"--chown={expander.Word(copy.Chown)} " : "";
        string createdBy = CreatedBy($"#(nop) {copy.Keyword} {owner}{digest} in {destination} ");
        if (!await TryCacheAsync(createdBy, createdBy, cancellationToken).ConfigureAwait(false))
        {
            var plan = new CopyPlan(build.Contents(Image, cancellationToken).Tree, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            foreach (CopySource source in sources)
            {
                plan.Copy(source, target, isDirectory);
            }

            await WriteAsync(createdBy, plan, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ChangeDirectoryAsync(WorkdirCommand command, CancellationToken cancellationToken)
    {
        string directory = BuildPaths.Absolute(_config.WorkingDir, Expander().Word(command.Path));
        _config = _config with { WorkingDir = directory };
        string createdBy = CreatedBy($"#(nop) WORKDIR {directory}");
        if (!await TryCacheAsync(createdBy, createdBy, cancellationToken).ConfigureAwait(false))
        {
            var plan = new CopyPlan(build.Contents(Image, cancellationToken).Tree, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            plan.MakeDirectory(directory);
            await WriteAsync(createdBy, plan, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(string createdBy, CopyPlan plan, CancellationToken cancellationToken)
    {
        build.RequireSpace(plan.Size);
        _ = await LayerArchive.ConsumeAsync(
            plan.Entries,
            async layer =>
            {
                await CommitAsync(createdBy, createdBy, layer, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<CopySource>> SourcesAsync(CopyCommand copy, VariableExpander expander, CancellationToken cancellationToken)
    {
        StoredImage? from = copy.From.Length == 0 ? null : await build.SourceAsync(copy.From, number, cancellationToken).ConfigureAwait(false);
        ImageContents contents = from is null ? build.Context.Files : build.Contents(from, cancellationToken);
        var finder = new SourceFinder(contents, copy.Keyword, isContext: from is null);
        string chown = expander.Word(copy.Chown);
        Owner? owner = chown.Length > 0 ? OwnerLookup.Find(build.Contents(Image, cancellationToken), chown) : null;
        Owner? filesOwner = owner ?? (from is null ? default(Owner) : null);
        List<CopySource> sources = [];
        foreach (string source in copy.Sources.Select(expander.Word))
        {
            if (copy.IsAdd && RemoteContext.IsHttp(source))
            {
                sources.Add(await DownloadAsync(source, copy, cancellationToken).ConfigureAwait(false) with { Owner = owner ?? default(Owner) });
                continue;
            }

            foreach (CopySource found in finder.Find(source))
            {
                CopySource? unpacked = copy.IsAdd ? await UnpackAsync(found, cancellationToken).ConfigureAwait(false) : null;
                sources.Add(unpacked is null ? found with { Owner = filesOwner } : unpacked with { Owner = owner });
            }
        }

        sources.AddRange(await DocumentsAsync(copy, expander, cancellationToken).ConfigureAwait(false));
        ushort? mode = ModeOf(expander.Word(copy.Chmod));
        return mode is null ? sources : [.. sources.Select(source => source with { Mode = mode })];
    }

    /// <summary>Octal; null: none is given.</summary>
    private static ushort? ModeOf(string chmod)
    {
        if (chmod.Length == 0)
        {
            return null;
        }

        return chmod.Length <= 5 && chmod.All(c => c is >= '0' and <= '7') && Convert.ToInt32(chmod, 8) is <= 0xfff and var mode
            ? (ushort)mode
            : throw new EngineException(EngineErrorKind.Invalid, $"invalid chmod parameter: '{OneLine.Of(chmod, 32)}'. it should be octal string and between 0 and 07777");
    }

    /// <summary>What an archive holds, as a directory; null: it is no archive.</summary>
    private async Task<CopySource?> UnpackAsync(CopySource source, CancellationToken cancellationToken)
    {
        if (source.Node.Kind != NodeKind.File || !await IsArchiveAsync(source, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await using Stream content = source.Contents.Open(source.Node);
        ImageContents files = await build.Context.UnpackAsync(content, Encoding.UTF8.GetString(source.Name), cancellationToken).ConfigureAwait(false);
        return new(files, files.Tree.Root, source.Name);
    }

    private static async Task<bool> IsArchiveAsync(CopySource source, CancellationToken cancellationToken)
    {
        await using Stream content = source.Contents.Open(source.Node);
        return await ArchiveProbe.IsTarAsync(content, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CopySource> DownloadAsync(string address, CopyCommand copy, CancellationToken cancellationToken)
    {
        await build.Output.WriteAsync($"Downloading {OneLine.Of(address, 500)}\n", cancellationToken).ConfigureAwait(false);
        Download download = await Download.FetchAsync(address, build.Context.NewFile(), cancellationToken).ConfigureAwait(false);
        if (download.Name.Length == 0 && BuildPaths.NamesDirectory(copy.Destination))
        {
            throw new EngineException(EngineErrorKind.Invalid, $"cannot determine filename for source {OneLine.Of(address, 200)}");
        }

        byte[] name = Encoding.UTF8.GetBytes(download.Name.Length > 0 ? download.Name : "download");
        return await SingleFileAsync(
            new LayerEntry(name, NodeKind.File)
            {
                Mode = DownloadMode,
                MtimeSeconds = download.Modified?.ToUnixTimeSeconds() ?? 0,
                Size = download.Size,
                Content = () => File.OpenRead(download.File),
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<CopySource>> DocumentsAsync(CopyCommand copy, VariableExpander expander, CancellationToken cancellationToken)
    {
        List<CopySource> sources = [];
        foreach (HereDocument document in copy.HereDocuments)
        {
            byte[] content = Encoding.UTF8.GetBytes(document.Expands ? ExpandLines(document.Content, expander) : document.Content);
            CopySource file = await SingleFileAsync(
                new LayerEntry(Encoding.UTF8.GetBytes(document.Name), NodeKind.File)
                {
                    Mode = DocumentMode,
                    MtimeSeconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                    Size = content.Length,
                    Content = () => new MemoryStream(content),
                },
                cancellationToken).ConfigureAwait(false);
            string chown = expander.Word(copy.Chown);
            sources.Add(file with { Owner = chown.Length > 0 ? OwnerLookup.Find(build.Contents(Image, cancellationToken), chown) : default(Owner) });
        }

        return sources;
    }

    /// <summary>Variables alone are replaced: quotes stay, as in a shell's here-document.</summary>
    private static string ExpandLines(string content, VariableExpander expander) =>
        expander.Word("\"" + content.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"");

    private async Task<CopySource> SingleFileAsync(LayerEntry entry, CancellationToken cancellationToken)
    {
        ImageContents files = await LayerArchive.ConsumeAsync(
            [entry], tar => build.Context.UnpackAsync(tar, "a file to add", cancellationToken), cancellationToken).ConfigureAwait(false);
        ImageNode node = files.Tree.Root.Entries.Single().Node;
        return new(files, node, entry.Path);
    }
}
