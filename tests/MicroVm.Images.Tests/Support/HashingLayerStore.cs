using System.Security.Cryptography;
using MicroVm.Images.Layers;

namespace MicroVm.Images.Tests.Support;

internal sealed class HashingLayerStore : ILayerStore
{
    private readonly string _root;

    public HashingLayerStore(string root)
    {
        _root = root;
        Directory.CreateDirectory(root);
    }

    public bool Contains(Digest diffId) => File.Exists(Path.Combine(_root, diffId.Hex));

    public IReadOnlyCollection<Digest> List() => [.. Directory.GetFiles(_root).Select(f => Digest.Parse("sha256:" + Path.GetFileName(f)))];

    public async Task<LayerInfo> AddAsync(Stream tar, Digest? expected, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        await tar.CopyToAsync(memory, cancellationToken);
        byte[] bytes = memory.ToArray();
        Digest id = Digest.FromHash(SHA256.HashData(bytes));
        if (expected is not null && expected != id)
        {
            throw new ImageException(ImageErrorKind.Corrupt, "layer digest mismatch");
        }

        await File.WriteAllBytesAsync(Path.Combine(_root, id.Hex), bytes, cancellationToken);
        return new(id, bytes.Length, bytes.Length);
    }

    public LayerInfo Get(Digest diffId)
    {
        long length = new FileInfo(Path.Combine(_root, diffId.Hex)).Length;
        return new(diffId, length, length);
    }

    public void Remove(Digest diffId) => File.Delete(Path.Combine(_root, diffId.Hex));

    public Task<RootDisk> GetRootDiskAsync(IReadOnlyList<Digest> diffIds, CancellationToken cancellationToken) => throw new NotSupportedException();
}
