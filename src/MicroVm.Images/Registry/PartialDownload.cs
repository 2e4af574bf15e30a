using MicroVm.Images.Files;

namespace MicroVm.Images.Registry;

/// <summary>
/// The first bytes of a blob, kept on disk while it streams in, so that a later pull needs not fetch them again. Not
/// synced: what a crash of the host spoils, the blob's digest tells.
/// </summary>
internal sealed class PartialDownload : IDisposable
{
    private readonly FileStream _file;

    private PartialDownload(FileStream file) => _file = file;

    public long Length => _file.Length;

    /// <summary>Null when another transfer has it open, or the disk won't: the download then does without.</summary>
    public static PartialDownload? TryOpen(string directory, Digest digest)
    {
        try
        {
            return new(new FileStream(Path.Combine(directory, digest.Hex), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is there, then what <paramref name="rest"/> brings, kept as it passes.</summary>
    public Stream Followed(Func<long, Stream> rest) => new FollowedStream(this, rest);

    public void Delete() => File.Delete(_file.Name);

    public void Truncate() => _file.SetLength(0);

    public void Dispose() => _file.Dispose();

    private sealed class FollowedStream(PartialDownload partial, Func<long, Stream> openRest) : ReadOnlyStream
    {
        private long _position;
        private Stream? _rest;
        private bool _keeps = true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest is null)
            {
                int known = RandomAccess.Read(partial._file.SafeFileHandle, buffer.Span, _position);
                _position += known;
                if (known > 0)
                {
                    return known;
                }

                _rest = openRest(_position);
            }

            int count = await _rest.ReadAsync(buffer, cancellationToken);
            Keep(buffer.Span[..count]);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _rest?.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            try
            {
                if (_keeps)
                {
                    RandomAccess.Write(partial._file.SafeFileHandle, bytes, _position);
                    _position += bytes.Length;
                }
            }
            catch (IOException)
            {
                // A full disk: the room is better used by the layer itself.
                _keeps = false;
                partial.Truncate();
            }
        }
    }
}
