using MicroVm.Images.Files;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Archives;

/// <summary>The current entry of an archive as a stream.</summary>
internal sealed class EntryStream(TarReader reader) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> part = await reader.ReadContentAsync(buffer.Length, cancellationToken);
        part.CopyTo(buffer);
        return part.Length;
    }
}
