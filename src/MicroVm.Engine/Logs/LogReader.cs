using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>Reads a json-file log forward in bounded memory. Lines that are not entries are skipped.</summary>
internal sealed class LogReader : IDisposable
{
    private const int BufferSize = 128 * 1024;

    // An entry holds 16 KiB, at worst escaped sixfold, and its attributes.
    private const int MaxLine = 256 * 1024;

    private readonly LogFiles _files;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private long _offset;

    private LogReader(LogFiles files, long offset) => (_files, _offset) = (files, offset);

    /// <summary>
    /// The entries that <paramref name="options"/> asks for. <paramref name="live"/>: the writer, null when the
    /// container does not run.
    /// </summary>
    public static async IAsyncEnumerable<LogEntry> ReadAsync(
        string path, LogOptions options, ContainerLog? live, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LogReader reader = Open(live?.OpenFiles() ?? LogFiles.Open(path), options.Tail);
        while (true)
        {
            bool isComplete = live?.IsComplete ?? true;
            if (live is not null && options.Follow)
            {
                reader.TakeUp(live);
            }

            while (reader.Next() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (entry.Time > options.Until)
                {
                    yield break;
                }

                if (IsWanted(entry, options))
                {
                    yield return entry;
                }
            }

            if (isComplete || !options.Follow)
            {
                yield break;
            }

            await live!.WaitForGrowthAsync(reader._files.Generation, reader._files.Length).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All entries; disposes the files.</summary>
    public static IEnumerable<LogEntry> Read(LogFiles files)
    {
        using LogReader reader = Open(files, tail: null);
        while (reader.Next() is { } entry)
        {
            yield return entry;
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static LogReader Open(LogFiles files, int? tail)
    {
        (int index, long offset) = tail is null ? (0, 0) : FindTail(files, tail.Value);
        for (; index > 0; index--)
        {
            files.DropFirst();
        }

        return new(files, offset);
    }

    /// <summary>What has been written since: more of the newest file, or files that came after it.</summary>
    private void TakeUp(ContainerLog live)
    {
        (long generation, long length) = live.Extent;
        if (generation == _files.Generation)
        {
            _files.Length = length;
        }
        else
        {
            _files.Add(live.OpenFiles());
        }
    }

    /// <summary>Where the last lines begin, from the newest file back.</summary>
    private static (int Index, long Offset) FindTail(LogFiles files, int count)
    {
        for (int index = files.Count - 1; index >= 0; index--)
        {
            (long offset, long lines) = TailOffset(files[index], files.LengthOf(index), count);
            if (lines >= count)
            {
                return (index, offset);
            }

            count -= (int)lines;
        }

        return (0, 0);
    }

    private static bool IsWanted(LogEntry entry, LogOptions options) =>
        (entry.Stream == OutputStream.Stderr ? options.Stderr : options.Stdout)
        && (options.Since is null || entry.Time >= options.Since);

    /// <summary>Offset of the last <paramref name="count"/> lines, and how many there are, up to that: reads backward block by block.</summary>
    private static (long Offset, long Lines) TailOffset(SafeFileHandle file, long length, int count)
    {
        if (count <= 0)
        {
            return (length, 0);
        }

        byte[] block = new byte[64 * 1024];
        long end = length;
        long newlines = 0;
        while (end > 0)
        {
            long start = Math.Max(0, end - block.Length);
            int read = RandomAccess.Read(file, block.AsSpan(0, (int)(end - start)), start);
            for (int i = read - 1; i >= 0; i--)
            {
                if (block[i] == '\n' && ++newlines > count)
                {
                    return (start + i + 1, count);
                }
            }

            end = start;
        }

        return (0, newlines);
    }

    private LogEntry? Next()
    {
        while (TryReadLine(out ReadOnlySpan<byte> line))
        {
            if (LogEntryParser.Parse(line) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            ReadOnlySpan<byte> ready = _buffer.AsSpan(_start, _end - _start);
            int newline = ready.IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = ready[..newline];
                _start += newline + 1;
                return true;
            }

            if (!Fill() && !NextFile())
            {
                line = default;
                return false;
            }
        }
    }

    /// <summary>Entries lie in one file whole: what is left of the one before is none.</summary>
    private bool NextFile()
    {
        if (_files.Count <= 1)
        {
            return false;
        }

        _files.DropFirst();
        (_offset, _start, _end) = (0, 0, 0);
        return true;
    }

    private bool Fill()
    {
        long limit = _files.Count == 0 ? 0 : _files.LengthOf(0);
        if (_offset >= limit)
        {
            return false;
        }

        MakeRoom();
        int wanted = (int)Math.Min(_buffer.Length - _end, limit - _offset);
        int read = RandomAccess.Read(_files[0], _buffer.AsSpan(_end, wanted), _offset);
        _offset += read;
        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end < _buffer.Length)
        {
            return;
        }

        if (_buffer.Length >= MaxLine)
        {
            // Nothing that we write is so long: drop it up to its newline.
            _end = 0;
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.CopyTo(larger.AsSpan());
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
