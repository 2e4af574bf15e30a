using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Engine.Logs;

/// <summary>
/// The files of a log at one moment, oldest first, open: that they are renamed or deleted later does not matter. Their names are
/// PATH, the newest, then PATH.1, PATH.2, …
/// </summary>
internal sealed class LogFiles : IDisposable
{
    private readonly List<SafeFileHandle> _files;

    private LogFiles(List<SafeFileHandle> files, long generation, long length) => (_files, Generation, Length) = (files, generation, length);

    public int Count => _files.Count;

    /// <summary>How often the writer had begun a new file.</summary>
    public long Generation { get; private set; }

    /// <summary>Bytes of the newest that may be read.</summary>
    public long Length { get; set; }

    public SafeFileHandle this[int index] => _files[index];

    public static string NameOf(string path, int age) =>
        age == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{age}");

    /// <param name="length">Of the newest; null: its own.</param>
    public static LogFiles Open(string path, long generation = 0, long? length = null)
    {
        List<SafeFileHandle> files = [];
        for (int age = 0; TryOpen(NameOf(path, age)) is { } file; age++)
        {
            files.Insert(0, file);
        }

        return new(files, generation, length ?? (files.Count == 0 ? 0 : RandomAccess.GetLength(files[^1])));
    }

    /// <summary>Bytes of a file that may be read.</summary>
    public long LengthOf(int index) => index == _files.Count - 1 ? Length : RandomAccess.GetLength(_files[index]);

    /// <summary>The oldest has been read.</summary>
    public void DropFirst()
    {
        _files[0].Dispose();
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
                later[index].Dispose();
            }
            else
            {
                _files.Add(later[index]);
            }
        }

        (Generation, Length) = (later.Generation, later.Length);
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static SafeFileHandle? TryOpen(string path) => File.Exists(path)
        ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        : null;
}
