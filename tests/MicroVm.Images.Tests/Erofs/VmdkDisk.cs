using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>A disk as its VMDK descriptor says, read as QEMU would.</summary>
internal sealed partial class VmdkDisk : IDisposable
{
    private readonly List<(long Start, long Length, SafeFileHandle File)> _extents = [];

    public VmdkDisk(string descriptor)
    {
        Length = 0;
        string text = File.ReadAllText(descriptor);
        Assert.DoesNotContain("\n\n", text, StringComparison.Ordinal); // QEMU would take what follows twice
        foreach (Match match in Extent().Matches(text))
        {
            string path = Path.Combine(Path.GetDirectoryName(descriptor)!, match.Groups[2].Value);
            long length = long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 512;
            SafeFileHandle file = File.OpenHandle(path);
            Assert.Equal(RandomAccess.GetLength(file), length);
            _extents.Add((Length, length, file));
            Length += length;
        }
    }

    public long Length { get; private set; }

    public byte[] Read(long offset, int length)
    {
        byte[] bytes = new byte[length];
        int done = 0;
        foreach ((long start, long size, SafeFileHandle file) in _extents)
        {
            long at = offset + done - start;
            if (done < length && at >= 0 && at < size)
            {
                int count = (int)Math.Min(length - done, size - at);
                Assert.Equal(count, RandomAccess.Read(file, bytes.AsSpan(done, count), at));
                done += count;
            }
        }

        Assert.Equal(length, done);
        return bytes;
    }

    public void Dispose() => _extents.ForEach(extent => extent.File.Dispose());

    [GeneratedRegex("^RW (\\d+) FLAT \"([^\"]+)\" 0$", RegexOptions.Multiline)]
    private static partial Regex Extent();
}
