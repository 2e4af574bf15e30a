namespace MicroVm.Images.Store;

/// <summary>Images that must stay for now though nothing names them: those that builds are at.</summary>
internal sealed class ImageHolds
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, int> _held = [];

    public bool Contains(Digest image)
    {
        lock (_gate)
        {
            return _held.ContainsKey(image);
        }
    }

    /// <summary>Until it is disposed of, once.</summary>
    public IDisposable Hold(Digest image)
    {
        lock (_gate)
        {
            _held[image] = _held.GetValueOrDefault(image) + 1;
            return new Held(this, image);
        }
    }

    private void Release(Digest image)
    {
        lock (_gate)
        {
            if (--_held[image] == 0)
            {
                _held.Remove(image);
            }
        }
    }

    private sealed class Held(ImageHolds owner, Digest image) : IDisposable
    {
        private bool _released;

        public void Dispose()
        {
            if (!_released)
            {
                _released = true;
                owner.Release(image);
            }
        }
    }
}
