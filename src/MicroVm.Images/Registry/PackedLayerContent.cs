using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;

namespace MicroVm.Images.Registry;

/// <summary>A request's body: a layer's tar, compressed while it is sent. Its size and digest are known behind it.</summary>
/// <param name="tar">Disposed with this.</param>
/// <param name="advanced">Called with the bytes of the tar that are on their way.</param>
internal sealed class PackedLayerContent(Stream tar, Action<long> advanced) : HttpContent
{
    private const int BufferSize = 256 << 10;

    /// <summary>Null until all was sent.</summary>
    public (Digest Digest, long Size)? Packed { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var target = new HashedStream(stream, hash);
        await using (var packer = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] buffer = new byte[BufferSize];
            long done = 0;
            for (int count; (count = await tar.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0;)
            {
                await packer.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                advanced(done += count);
            }
        }

        Packed = (Digest.FromHash(hash.GetHashAndReset()), target.Written);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            tar.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Hashes and counts what passes.</summary>
    private sealed class HashedStream(Stream target, IncrementalHash hash) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            hash.AppendData(buffer.Span);
            Written += buffer.Length;
            await target.WriteAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override Task FlushAsync(CancellationToken cancellationToken) => target.FlushAsync(cancellationToken);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
