using System.Security.Cryptography;

namespace MicroVm.Images.Files;

/// <summary>Passes a blob's bytes on, and reports its end only when size and digest are right.</summary>
/// <param name="digest">Null: whoever reads it checks the content in another way.</param>
internal sealed class VerifiedBlobStream(Stream source, Digest? digest, long size, Action<long> progress) : ReadOnlyStream
{
    private readonly IncrementalHash? _hash = digest is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _isVerified;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await source.ReadAsync(buffer, cancellationToken);
        if (count > 0)
        {
            _hash?.AppendData(buffer.Span[..count]);
            _position += count;
            progress(_position);
        }
        else if (!buffer.IsEmpty)
        {
            Verify();
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash?.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Verify()
    {
        if (!_isVerified && (_position != size || (_hash is not null && Digest.FromHash(_hash.GetHashAndReset()) != digest)))
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"filesystem layer verification failed for digest {digest}");
        }

        _isVerified = true;
    }
}
