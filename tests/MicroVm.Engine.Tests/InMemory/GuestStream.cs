namespace MicroVm.Engine.Tests.InMemory;

/// <summary>An output as a guest keeps it: from what was acknowledged on.</summary>
internal sealed class GuestStream
{
    private const int MaxPiece = 65536;

    private long _sent;
    private bool _isWaiting;
    private bool _endSent;

    public List<byte> Kept { get; } = [];

    public long Acknowledged { get; private set; }

    public bool HasEnded { get; set; }

    /// <summary>A new connection: nothing is sent before the host says where to go on.</summary>
    public void AwaitResume()
    {
        _isWaiting = true;
        _endSent = false;
    }

    public void Acknowledge(long offset)
    {
        Kept.RemoveRange(0, (int)(offset - Acknowledged));
        Acknowledged = offset;
        if (_isWaiting)
        {
            _isWaiting = false;
            _sent = offset;
        }
    }

    public (long Offset, byte[] Bytes)? Next(int window)
    {
        int start = (int)(_sent - Acknowledged);
        int count = Math.Min(Math.Min(Kept.Count - start, MaxPiece), window - start);
        if (_isWaiting || count <= 0)
        {
            return null;
        }

        long offset = _sent;
        _sent += count;
        return (offset, [.. Kept.GetRange(start, count)]);
    }

    /// <summary>The stream's length, once, when all of it has been sent.</summary>
    public long? TakeEnd()
    {
        if (_isWaiting || !HasEnded || _endSent || _sent - Acknowledged < Kept.Count)
        {
            return null;
        }

        _endSent = true;
        return _sent;
    }
}
