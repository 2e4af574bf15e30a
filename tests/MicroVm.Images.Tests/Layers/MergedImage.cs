using MicroVm.Images.Layers;
using MicroVm.Images.Tests.Erofs;
using MicroVm.Images.Tests.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Tests.Layers;

/// <summary>Layers from archives, stored and merged for real, and the root disk read back.</summary>
internal sealed class MergedImage : IDisposable
{
    private static readonly Dictionary<string, string> s_known = new[] { "", "1", "2", "3", "lower", "upper" }
        .ToDictionary(text => FileFacts.Hash(text.Length, (_, _) => TarBuilder.Bytes(text)));

    private readonly TemporaryDirectory _directory;

    private MergedImage(TemporaryDirectory directory) => _directory = directory;

    public required LayerStore Store { get; init; }

    public required IReadOnlyList<Digest> DiffIds { get; init; }

    public required RootDisk Disk { get; init; }

    public required ImageTree Tree { get; init; }

    public required IReadOnlyList<FileFacts> Files { get; init; }

    /// <summary>PATH TYPE CONTENT of each file but the root, a line each; content of regular files as text.</summary>
    public string Listing => string.Concat(Files.Skip(1).Select(file => $"{file.Path} {file.Type} {ShownContent(file)}\n"));

    public FileFacts this[string path] => Files.Single(file => file.Path == path);

    public static Task<MergedImage> OfAsync(params TarBuilder[] layers) => OfAsync([.. layers.Select(layer => layer.ToArray())]);

    public static Task<MergedImage> OfAsync(params byte[][] layers) => PaddedAsync(0, layers);

    /// <param name="diskSize">What the store pads disks to.</param>
    public static async Task<MergedImage> PaddedAsync(long diskSize, byte[][] layers)
    {
        var directory = new TemporaryDirectory();
        try
        {
            LayerStore store = LayerStore.Open(directory.Path, diskSize);
            var diffIds = new List<Digest>();
            foreach (byte[] layer in layers)
            {
                diffIds.Add((await store.AddAsync(new MemoryStream(layer), expected: null, CancellationToken.None)).DiffId);
            }

            RootDisk disk = await store.GetRootDiskAsync(diffIds, CancellationToken.None);
            ImageTree tree = store.ReadTree(diffIds, CancellationToken.None);
            IReadOnlyList<FileFacts> files = ErofsReader.ReadAll(disk.Descriptor);
            Assert.Equal(
                files.Select(file => file.Path),
                tree.Walk().Select(file => "/" + string.Join('/', SplitPath(file.Path))).Order(StringComparer.Ordinal));
            return new(directory) { Store = store, DiffIds = diffIds, Disk = disk, Tree = tree, Files = files };
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The error of whichever step refuses the layers.</summary>
    public static async Task<string> RefusedAsync(params byte[][] layers)
    {
        ImageException error = await Assert.ThrowsAsync<ImageException>(async () => (await OfAsync(layers)).Dispose());
        Assert.Equal(ImageErrorKind.Invalid, error.Kind);
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }

    public static Task<string> RefusedAsync(params TarBuilder[] layers) => RefusedAsync([.. layers.Select(layer => layer.ToArray())]);

    public void Dispose() => _directory.Dispose();

    private static IEnumerable<string> SplitPath(byte[] path) =>
        System.Text.Encoding.Latin1.GetString(path).Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => FileFacts.Shown(System.Text.Encoding.Latin1.GetBytes(part)));

    private static string ShownContent(FileFacts file) => file.Type == "f" ? Content(file) : file.Content;

    /// <summary>Tests name contents by their hash; short known ones are shown as themselves.</summary>
    private static string Content(FileFacts file) => s_known.GetValueOrDefault(file.Content, file.Content[..8]);
}
