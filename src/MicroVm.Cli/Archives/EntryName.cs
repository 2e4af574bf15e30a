namespace MicroVm.Cli.Archives;

/// <summary>Names of an archive's entries as paths below the directory that it is unpacked into.</summary>
internal static class EntryName
{
    /// <summary>
    /// The components of a name, "." and ".." taken out; empty: the directory itself. Null for a name that leads out of it.
    /// A leading slash means nothing.
    /// </summary>
    internal static List<byte[]>? Split(ReadOnlySpan<byte> name)
    {
        List<byte[]> parts = [];
        foreach (Range range in name.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = name[range];
            if (part.SequenceEqual(".."u8))
            {
                if (parts.Count == 0)
                {
                    return null;
                }

                parts.RemoveAt(parts.Count - 1);
            }
            else if (!part.IsEmpty && !part.SequenceEqual("."u8))
            {
                parts.Add(part.ToArray());
            }
        }

        return parts;
    }

    /// <summary>The first occurrence of one text replaced by another, as Docker renames what it copies.</summary>
    internal static byte[] Replace(byte[] name, ReadOnlySpan<byte> old, ReadOnlySpan<byte> replacement)
    {
        int index = name.AsSpan().IndexOf(old);
        return index < 0 ? name : [.. name.AsSpan(0, index), .. replacement, .. name.AsSpan(index + old.Length)];
    }
}
