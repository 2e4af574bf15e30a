using System.Formats.Tar;
using System.Text;
using MicroVm.Engine.Builds;
using MicroVm.Engine.Tests.InMemory;
using MicroVm.Images;
using MicroVm.Images.Store;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Tests.Builds;

/// <summary>Builds over real stores, with an image named base; nothing that is built here runs anything.</summary>
internal sealed class TestBuilder : IAsyncDisposable, IBuildOutput
{
    private readonly TestEngine _engine;
    private readonly StringBuilder _output = new();

    private TestBuilder(TestEngine engine)
    {
        _engine = engine;
        Service = new(engine.Options, engine.Service, engine.Service.Files, engine.Images, engine.Layers, engine.Events);
    }

    public BuildService Service { get; }

    public ImageStore Images => _engine.Images;

    /// <summary>What the last build told.</summary>
    public string Output => _output.ToString();

    /// <summary>Directories of builds that are still there.</summary>
    public IEnumerable<string> Leftovers =>
        Path.Combine(_engine.Options.Root, "builds") is var path && Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path) : [];

    public static async Task<TestBuilder> OpenAsync()
    {
        var builder = new TestBuilder(await TestEngine.OpenAsync(new InMemoryHypervisor()));
        await TestImage.LoadBusyboxAsync(builder.Images, "base");
        return builder;
    }

    /// <summary>A context of plain files; one whose name ends with a slash is a directory, one whose content begins with -> a link.</summary>
    public static byte[] Context(params (string Name, string Content)[] files) => Archive(tar =>
    {
        foreach ((string name, string content) in files)
        {
            tar.WriteEntry(EntryOf(name, content));
        }
    });

    public static byte[] Archive(Action<TarWriter> fill)
    {
        using MemoryStream stream = new();
        using (TarWriter tar = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            fill(tar);
        }

        return stream.ToArray();
    }

    public Task<StoredImage> BuildAsync(string dockerfile, params (string Name, string Content)[] files) =>
        BuildAsync(new(), Context([("Dockerfile", dockerfile), .. files]));

    public async Task<StoredImage> BuildAsync(BuildRequest request, byte[] context)
    {
        _output.Clear();
        Digest id = await Service.BuildAsync(request with { Context = new MemoryStream(context) }, this, CancellationToken.None);
        return Images.Find(id.ToString())!;
    }

    public async Task<string> RefusedAsync(string dockerfile, params (string Name, string Content)[] files) =>
        (await Assert.ThrowsAsync<EngineException>(() => BuildAsync(dockerfile, files))).Message;

    public ImageContents Open(StoredImage image) => _engine.Layers.OpenContents(image.DiffIds, CancellationToken.None);

    /// <summary>path mode uid:gid content, a line each, of everything below a directory.</summary>
    public string List(StoredImage image, string directory)
    {
        using ImageContents contents = Open(image);
        IEnumerable<string> lines = contents.Tree.Walk()
            .Select(file => (Path: Encoding.UTF8.GetString(file.Path), file.Node))
            .Where(file => file.Path.StartsWith(directory, StringComparison.Ordinal))
            .Select(file => $"{file.Path} {Convert.ToString(file.Node.Mode, 8)} {file.Node.Uid}:{file.Node.Gid} {Text(contents, file.Node)}".TrimEnd());
        return string.Join('\n', lines);
    }

    public async ValueTask DisposeAsync() => await _engine.DisposeAsync();

    ValueTask IBuildOutput.WriteAsync(string text, CancellationToken cancellationToken)
    {
        _output.Append(text);
        return ValueTask.CompletedTask;
    }

    ValueTask IBuildOutput.WriteResultAsync(Digest image, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    Task<T> IBuildOutput.TransferAsync<T>(Func<IProgress<TransferProgress>, Task<T>> transfer) => transfer(new Progress<TransferProgress>());

    private static string Text(ImageContents contents, ImageNode node)
    {
        if (node.Kind == NodeKind.SymbolicLink)
        {
            return "-> " + node.LinkTarget;
        }

        if (node.Kind != NodeKind.File)
        {
            return node.Kind == NodeKind.Directory ? "/" : node.Kind.ToString();
        }

        using var reader = new StreamReader(contents.Open(node));
        return reader.ReadToEnd();
    }

    private static PaxTarEntry EntryOf(string name, string content)
    {
        if (content.StartsWith("->", StringComparison.Ordinal))
        {
            return new(TarEntryType.SymbolicLink, name) { LinkName = content[2..] };
        }

        return name.EndsWith('/')
            ? new(TarEntryType.Directory, name) { Mode = (UnixFileMode)0x1C0, Uid = 5, Gid = 6 }
            : new(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)0x180, Uid = 5, Gid = 6, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };
    }
}
