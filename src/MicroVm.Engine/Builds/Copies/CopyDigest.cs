using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds.Copies;

/// <summary>What a COPY's result depends on beside its destination: names, kinds, permissions, contents, but no times.</summary>
internal static class CopyDigest
{
    private const int BufferSize = 1 << 20;

    /// <summary>What a layer can hold: a sparse file's holes are to be hashed, too.</summary>
    private const long MaxSize = 256L << 30;

    /// <returns>file:HEX, dir:HEX, or multi:HEX of several.</returns>
    /// <exception cref="EngineException">Invalid: more than a layer can hold.</exception>
    public static async Task<string> OfAsync(IReadOnlyList<CopySource> sources, CancellationToken cancellationToken)
    {
        List<string> digests = [];
        if (sources.Sum(SizeOf) > MaxSize)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"the files to copy are larger than {MaxSize >> 30} GiB");
        }

        foreach (CopySource source in sources)
        {
            digests.Add(await OfAsync(source, cancellationToken).ConfigureAwait(false));
        }

        return digests is [var only] ? only : "multi:" + Hex(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', digests))));
    }

    /// <summary>Bytes, as a double: hostile sizes can't overflow it.</summary>
    private static double SizeOf(CopySource source)
    {
        double size = 0;
        var pending = new Stack<ImageNode>([source.Node]);
        while (pending.TryPop(out ImageNode? node))
        {
            size += node.Kind == NodeKind.File ? node.Size : 0;
            foreach (ImageEntry child in node.Entries)
            {
                pending.Push(child.Node);
            }
        }

        return size;
    }

    private static async Task<string> OfAsync(CopySource source, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool isDirectory = source.Node.Kind == NodeKind.Directory;
        var pending = new Stack<(byte[] Path, ImageNode Node)>([(isDirectory ? [] : source.Name, source.Node)]);
        while (pending.TryPop(out (byte[] Path, ImageNode Node) next))
        {
            await AddAsync(hash, source, next.Path, next.Node, isRoot: isDirectory && next.Path.Length == 0, cancellationToken).ConfigureAwait(false);
            for (int i = next.Node.Entries.Count - 1; i >= 0; i--)
            {
                ImageEntry child = next.Node.Entries[i];
                pending.Push(([.. next.Path, (byte)'/', .. child.Name.Span], child.Node));
            }
        }

        return (isDirectory ? "dir:" : "file:") + Hex(hash.GetHashAndReset());
    }

    private static async Task AddAsync(
        IncrementalHash hash, CopySource source, byte[] path, ImageNode node, bool isRoot, CancellationToken cancellationToken)
    {
        // A directory that is copied gives its contents alone.
        if (isRoot)
        {
            return;
        }

        AddField(hash, path);
        Owner owner = source.Owner ?? new(node.Uid, node.Gid);
        AddField(hash, Encoding.ASCII.GetBytes($"{(int)node.Kind} {source.Mode ?? node.Mode} {owner.Uid} {owner.Gid} {node.Size} {node.DeviceMajor} {node.DeviceMinor}"));
        AddField(hash, node.LinkTarget.Span);
        foreach ((ByteString name, ByteString value) in node.Xattrs)
        {
            AddField(hash, name.Span);
            AddField(hash, value.Span);
        }

        if (node.Kind == NodeKind.File)
        {
            await AddContentAsync(hash, source.Contents, node, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task AddContentAsync(IncrementalHash hash, ImageContents contents, ImageNode node, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            await using Stream content = contents.Open(node);
            for (int count; (count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                hash.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void AddField(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, field.Length);
        hash.AppendData(length);
        hash.AppendData(field);
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
