using System.Formats.Tar;
using System.Globalization;
using MicroVm.Images;
using MicroVm.Images.Layers;

namespace MicroVm.Benchmarks;

/// <summary>A layer store with one image's layers, and their order in a file beside it.</summary>
internal static class SampleLayers
{
    private const int Layers = 5;
    private const int FilesPerDirectory = 50;

    public static string StoreOf(string directory) => Path.Combine(directory, "layers");

    public static IReadOnlyList<Digest> Read(string directory) =>
        [.. File.ReadLines(OrderOf(directory)).Select(line => Digest.TryParse(line, out Digest digest)
            ? digest
            : throw new FormatException($"{OrderOf(directory)}: '{line}' is not a digest: make the layers again"))];

    /// <param name="files">Files of the image, spread over its layers; each layer also replaces one of the layer below.</param>
    public static async Task MakeAsync(string directory, int files)
    {
        LayerStore store = LayerStore.Open(StoreOf(directory));
        var order = new List<string>();
        for (int layer = 0; layer < Layers; layer++)
        {
            int first = files * layer / Layers, end = files * (layer + 1) / Layers;
            using MemoryStream tar = Tar(Math.Max(0, first - 1), end, layer);
            order.Add((await store.AddAsync(tar, null, CancellationToken.None)).DiffId.ToString());
        }

        await File.WriteAllLinesAsync(OrderOf(directory), order);
    }

    private static string OrderOf(string directory) => Path.Combine(directory, "order");

    private static MemoryStream Tar(int first, int end, int layer)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            for (int file = first; file < end; file++)
            {
                writer.WriteEntry(Entry(file, layer));
            }
        }

        tar.Position = 0;
        return tar;
    }

    private static PaxTarEntry Entry(int file, int layer)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"usr/lib/package-{file / FilesPerDirectory}/module-{file}.py");
        return new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new MemoryStream(System.Text.Encoding.ASCII.GetBytes($"{file} of layer {layer}\n")),
        };
    }
}
