using MicroVm.Images.Files;

namespace MicroVm.Images.Store;

/// <summary>Small blobs (configurations, manifests), byte for byte, each in a file named by its SHA-256.</summary>
internal sealed class BlobDirectory
{
    private const string Suffix = ".json";
    private readonly string _directory;

    public BlobDirectory(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        AtomicFile.DeleteLeftovers(directory);
    }

    public bool Contains(Digest digest) => File.Exists(PathOf(digest));

    public byte[] Read(Digest digest) => File.ReadAllBytes(PathOf(digest));

    public void Write(Digest digest, ReadOnlySpan<byte> content)
    {
        // What is there could be damaged: it is small, so look.
        if (!Contains(digest) || !content.SequenceEqual(Read(digest)))
        {
            AtomicFile.Write(PathOf(digest), content);
        }
    }

    public void Delete(Digest digest) => File.Delete(PathOf(digest));

    public IEnumerable<Digest> List()
    {
        foreach (string file in Directory.EnumerateFiles(_directory, "*" + Suffix))
        {
            if (Digest.TryParse(Digest.Prefix + Path.GetFileNameWithoutExtension(file), out Digest digest))
            {
                yield return digest;
            }
        }
    }

    private string PathOf(Digest digest) => Path.Combine(_directory, digest.Hex + Suffix);
}
