using System.Buffers.Binary;
using MicroVm.Images.Erofs;
using MicroVm.Images.Layers;
using MicroVm.Images.Trees;
using MicroVm.Interop.Posix;

namespace MicroVm.Images.RootDisks;

/// <summary>Makes one image's disk in a directory of its own, with names for all the files that it consists of.</summary>
internal sealed class RootDiskBuilder
{
    public const string DescriptorName = "root.vmdk";
    private const string MetadataName = "metadata";
    private const string PaddingName = "padding";

    private readonly LayerFiles[] _distinct;
    private readonly IReadOnlyList<Digest> _diffIds;

    /// <param name="layerOf">Where a layer's files are.</param>
    public RootDiskBuilder(IReadOnlyList<Digest> diffIds, Func<Digest, LayerFiles> layerOf)
    {
        _diffIds = diffIds;
        _distinct = [.. diffIds.Distinct().Select(layerOf)];
    }

    /// <summary>The merged tree and the length of each distinct layer's data.</summary>
    public (ImageTree Tree, long[] DataLengths) Merge(CancellationToken cancellationToken)
    {
        var indexes = new LayerIndex[_distinct.Length];
        var builder = new TreeBuilder();
        CheckIndexSize();
        foreach (Digest diffId in _diffIds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int file = Array.FindIndex(_distinct, layer => layer.DiffId == diffId);
            indexes[file] ??= LayerIndex.Load(_distinct[file].Index);
            builder.Apply(indexes[file], file);
        }

        return (builder.Finish(), [.. indexes.Select(index => index.Header.DataLength)]);
    }

    /// <summary>Fills an empty directory. Nothing is flushed: a disk does not outlive the host's boot.</summary>
    /// <param name="paddedSize">Bytes to pad the disk to; a larger one stays as it is.</param>
    public void Build(string directory, Digest chain, long paddedSize)
    {
        (ImageTree tree, long[] dataLengths) = Merge(CancellationToken.None);
        byte[] metadata = ErofsWriter.Write(tree, dataLengths, Uuid(chain));
        File.WriteAllBytes(Path.Combine(directory, MetadataName), metadata);

        List<(string Name, long Length)> extents = [(MetadataName, metadata.Length)];
        for (int i = 0; i < _distinct.Length; i++)
        {
            string name = DataName(_distinct[i].DiffId);
            PosixFile.CreateHardLink(_distinct[i].Data, Path.Combine(directory, name));
            extents.Add((name, dataLengths[i]));
        }

        AddPadding(directory, extents, paddedSize);
        File.WriteAllText(
            Path.Combine(directory, DescriptorName), VmdkDescriptor.Format(extents.Where(extent => extent.Length > 0)));
    }

    /// <summary>A disk that <see cref="Build"/> made, wherever it is now.</summary>
    public static RootDisk Describe(string directory)
    {
        string descriptor = Path.Combine(directory, DescriptorName);
        return new(descriptor, [.. Directory.EnumerateFiles(directory).Where(file => file != descriptor).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Whether a disk needs a layer.</summary>
    public static bool Uses(string directory, Digest diffId) => File.Exists(Path.Combine(directory, DataName(diffId)));

    private void CheckIndexSize()
    {
        if (_distinct.Sum(layer => new FileInfo(layer.Index).Length) > LayerLimits.MaxImageIndexSize)
        {
            throw new ImageException(ImageErrorKind.Invalid, "the indexes of the image's layers take more than 1 GiB");
        }
    }

    private static string DataName(Digest diffId) => diffId.Hex + ".data";

    private static void AddPadding(string directory, List<(string Name, long Length)> extents, long paddedSize)
    {
        long missing = paddedSize - extents.Sum(extent => extent.Length);
        if (missing > 0)
        {
            using var file = File.OpenHandle(Path.Combine(directory, PaddingName), FileMode.CreateNew, FileAccess.Write);
            RandomAccess.SetLength(file, missing);
            extents.Add((PaddingName, missing));
        }
    }

    private static UInt128 Uuid(Digest chain) => BinaryPrimitives.ReadUInt128LittleEndian(Convert.FromHexString(chain.Hex));
}
