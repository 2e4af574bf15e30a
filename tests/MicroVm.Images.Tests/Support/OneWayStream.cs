using MicroVm.Images.Files;

namespace MicroVm.Images.Tests.Support;

/// <summary>Bytes as a socket gives them: forward only, in pieces of all sizes.</summary>
internal sealed class OneWayStream(byte[] content) : ReadOnlyStream
{
    private readonly Random _random = new(content.Length);
    private int _position;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count = Math.Min(Math.Min(buffer.Length, _random.Next(1, 70_000)), content.Length - _position);
        content.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return ValueTask.FromResult(count);
    }
}
