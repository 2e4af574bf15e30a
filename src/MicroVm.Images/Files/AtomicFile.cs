using MicroVm.Interop.Posix;

namespace MicroVm.Images.Files;

/// <summary>Whole-file replacement: a crash at any instruction leaves the old content or the new.</summary>
internal static class AtomicFile
{
    /// <summary>Leftovers of a crash end in this; whoever opens the directory deletes them.</summary>
    public const string TemporarySuffix = ".tmp";

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}{TemporarySuffix}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        DirectorySync.Sync(Path.GetDirectoryName(path)!);
    }

    public static void DeleteLeftovers(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*" + TemporarySuffix))
        {
            File.Delete(file);
        }
    }
}
