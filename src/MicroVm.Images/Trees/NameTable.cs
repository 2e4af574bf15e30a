namespace MicroVm.Images.Trees;

/// <summary>
/// The names of a directory while it is built. Most are small and looked up often: a table of its own takes half of what
/// <see cref="Dictionary{TKey, TValue}"/> does, which for a key of our own isn't compiled ahead of time either.
/// </summary>
internal sealed class NameTable
{
    private ImageEntry?[] _buckets = new ImageEntry?[4];

    public int Count { get; private set; }

    public ImageEntry? Find(ByteString name)
    {
        int hash = name.GetHashCode();
        ImageEntry? entry = _buckets[Bucket(hash)];
        while (entry is not null && (entry.Hash != hash || entry.Name != name))
        {
            entry = entry.NextInBucket;
        }

        return entry;
    }

    /// <summary>Adds a name that is not there.</summary>
    public void Add(ByteString name, ImageNode node, int setBy)
    {
        if (Count == _buckets.Length)
        {
            Grow();
        }

        Put(new(name, node) { SetBy = setBy, Hash = name.GetHashCode() });
        Count++;
    }

    public void Remove(ImageEntry entry)
    {
        ref ImageEntry? slot = ref _buckets[Bucket(entry.Hash)];
        if (slot == entry)
        {
            slot = entry.NextInBucket;
        }
        else
        {
            ImageEntry before = slot!;
            while (before.NextInBucket != entry)
            {
                before = before.NextInBucket!;
            }

            before.NextInBucket = entry.NextInBucket;
        }

        Count--;
    }

    /// <summary>All entries, in no order.</summary>
    public ImageEntry[] ToArray()
    {
        var entries = new ImageEntry[Count];
        int count = 0;
        foreach (ImageEntry? first in _buckets)
        {
            for (ImageEntry? entry = first; entry is not null; entry = entry.NextInBucket)
            {
                entries[count++] = entry;
            }
        }

        return entries;
    }

    private int Bucket(int hash) => hash & (_buckets.Length - 1);

    private void Put(ImageEntry entry)
    {
        ref ImageEntry? slot = ref _buckets[Bucket(entry.Hash)];
        entry.NextInBucket = slot;
        slot = entry;
    }

    private void Grow()
    {
        ImageEntry[] entries = ToArray();
        _buckets = new ImageEntry?[_buckets.Length * 4];
        foreach (ImageEntry entry in entries)
        {
            Put(entry);
        }
    }
}
