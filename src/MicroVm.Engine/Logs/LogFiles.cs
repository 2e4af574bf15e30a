using System.Globalization;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Engine.Logs;

/// <summary>
/// The files of a log at one moment, oldest first, open: that they are renamed, compressed or deleted later does not matter. Their
/// names are PATH, the newest, then PATH.1, PATH.2, …, with <c>.gz</c> when they are compressed.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    public const string Compressed = ".gz";

    private readonly string _path;
    private readonly List<LogFile> _files;

    private LogFiles(string path, List<LogFile> files, long generation) => (_path, _files, Generation) = (path, files, generation);

    private sealed record LogFile(SafeFileHandle Handle, bool IsCompressed);

    public int Count => _files.Count;

    /// <summary>How often the writer had begun a new file.</summary>
    public long Generation { get; private set; }

    /// <summary>Bytes of the newest that may be read.</summary>
    public long Length { get; set; }

    /// <summary>Its plain text: a compressed file is expanded when it is asked for first.</summary>
    public SafeFileHandle this[int index]
    {
        get
        {
            if (_files[index].IsCompressed)
            {
                _files[index] = new(Expand(_files[index].Handle), IsCompressed: false);
            }

            return _files[index].Handle;
        }
    }

    public static string NameOf(string path, int age) =>
        age == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{age}");

    /// <param name="length">Of the newest; null: its own.</param>
    public static LogFiles Open(string path, long generation = 0, long? length = null)
    {
        List<LogFile> files = [];
        for (int age = 0; TryOpen(NameOf(path, age)) is { } file; age++)
        {
            files.Insert(0, file);
        }

        LogFiles opened = new(path, files, generation);
        opened.Length = length ?? (files.Count == 0 ? 0 : RandomAccess.GetLength(opened[files.Count - 1]));
        return opened;
    }

    /// <summary>Makes room for a new file: each takes the name of the next, the oldest goes. PATH is free then.</summary>
    public static void Shift(string path, int maxFiles)
    {
        for (int age = maxFiles - 1; age > 0; age--)
        {
            (string from, string to) = (NameOf(path, age - 1), NameOf(path, age));
            if (File.Exists(from))
            {
                File.Move(from, to, overwrite: true);
                File.Delete(to + Compressed);
                File.Delete(from + Compressed);
            }
            else if (File.Exists(from + Compressed))
            {
                File.Move(from + Compressed, to + Compressed, overwrite: true);
                File.Delete(to);
            }
        }

        if (maxFiles == 1)
        {
            // Readers keep the one they have open.
            File.Delete(path);
        }
    }

    /// <summary>Bytes of a file that may be read.</summary>
    public long LengthOf(int index) => index == _files.Count - 1 ? Length : RandomAccess.GetLength(this[index]);

    /// <summary>The oldest has been read.</summary>
    public void DropFirst()
    {
        _files[0].Handle.Dispose();
        _files.RemoveAt(0);
    }

    /// <summary>Takes up the files that came after its newest, as far as they are still there.</summary>
    public void Add(LogFiles later)
    {
        int missed = (int)Math.Min(later.Generation - Generation, later.Count);
        for (int index = 0; index < later.Count; index++)
        {
            if (index < later.Count - missed)
            {
                later._files[index].Handle.Dispose();
            }
            else
            {
                _files.Add(later._files[index]);
            }
        }

        (Generation, Length) = (later.Generation, later.Length);
    }

    public void Dispose() => _files.ForEach(file => file.Handle.Dispose());

    private static LogFile? TryOpen(string path)
    {
        foreach (bool isCompressed in new[] { false, true })
        {
            string name = isCompressed ? path + Compressed : path;
            if (File.Exists(name) && TryOpenFile(name) is { } handle)
            {
                return new(handle, isCompressed);
            }
        }

        return null;
    }

    /// <summary>Null: it has just been compressed, or deleted.</summary>
    private static SafeFileHandle? TryOpenFile(string name)
    {
        try
        {
            return File.OpenHandle(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Into a file without a name, whose end is that of its handle. What can't be expanded is left out.</summary>
    private SafeFileHandle Expand(SafeFileHandle compressed)
    {
        string name = $"{_path}.{Path.GetRandomFileName()}";
        SafeFileHandle plain = File.OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(name);
        try
        {
            using FileStream input = new(compressed, FileAccess.Read, bufferSize: 0);
            using GZipStream gzip = new(input, CompressionMode.Decompress);
            using FileStream output = new(new SafeFileHandle(plain.DangerousGetHandle(), ownsHandle: false), FileAccess.Write, bufferSize: 0);
            gzip.CopyTo(output);
        }
        catch (InvalidDataException)
        {
            // Damaged: what came before the damage is there.
        }

        return plain;
    }
}
