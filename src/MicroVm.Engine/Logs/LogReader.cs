using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>Reads a json-file log forward in bounded memory. Lines that are not entries are skipped.</summary>
internal sealed class LogReader : IDisposable
{
    private const int BufferSize = 128 * 1024;

    // An entry holds 16 KiB, at worst escaped sixfold.
    private const int MaxLine = 256 * 1024;

    private readonly SafeFileHandle _file;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private long _offset;

    private LogReader(SafeFileHandle file, long offset) => (_file, _offset) = (file, offset);

    /// <summary>
    /// The entries that <paramref name="options"/> asks for. <paramref name="live"/>: the writer, null when the
    /// container does not run.
    /// </summary>
    public static async IAsyncEnumerable<LogEntry> ReadAsync(
        string path, LogOptions options, ContainerLog? live, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using LogReader reader = Open(path, options.Tail, live?.Length);
        while (true)
        {
            bool isComplete = live?.IsComplete ?? true;
            long limit = live?.Length ?? RandomAccess.GetLength(reader._file);
            while (reader.Next(limit) is { } entry)
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

            await live!.WaitForGrowthAsync(limit).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>All entries below a length of the file.</summary>
    public static IEnumerable<LogEntry> ReadUpTo(string path, long limit)
    {
        if (limit == 0)
        {
            yield break;
        }

        using LogReader reader = Open(path, tail: null, limit);
        while (reader.Next(limit) is { } entry)
        {
            yield return entry;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static LogReader Open(string path, int? tail, long? limit)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = limit ?? RandomAccess.GetLength(file);
        return new(file, tail is null ? 0 : TailOffset(file, length, tail.Value));
    }

    private static bool IsWanted(LogEntry entry, LogOptions options) =>
        (entry.Stream == OutputStream.Stderr ? options.Stderr : options.Stdout)
        && (options.Since is null || entry.Time >= options.Since);

    /// <summary>Offset of the last <paramref name="count"/> lines: reads backward block by block.</summary>
    private static long TailOffset(SafeFileHandle file, long length, int count)
    {
        if (count <= 0)
        {
            return length;
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
                    return start + i + 1;
                }
            }

            end = start;
        }

        return 0;
    }

    private LogEntry? Next(long limit)
    {
        while (TryReadLine(limit, out ReadOnlySpan<byte> line))
        {
            if (Parse(line) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    private bool TryReadLine(long limit, out ReadOnlySpan<byte> line)
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

            if (!Fill(limit))
            {
                line = default;
                return false;
            }
        }
    }

    private bool Fill(long limit)
    {
        if (_offset >= limit)
        {
            return false;
        }

        MakeRoom();
        int wanted = (int)Math.Min(_buffer.Length - _end, limit - _offset);
        int read = RandomAccess.Read(_file, _buffer.AsSpan(_end, wanted), _offset);
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

    private static LogEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return ParseEntry(line);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static LogEntry? ParseEntry(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader json = new(line);
        byte[]? text = null;
        OutputStream stream = OutputStream.Stdout;
        DateTimeOffset time = default;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (json.ValueTextEquals("log"u8))
            {
                _ = json.Read();
                text = Unescape(ref json);
            }
            else if (json.ValueTextEquals("stream"u8))
            {
                _ = json.Read();
                stream = json.ValueTextEquals("stderr"u8) ? OutputStream.Stderr : OutputStream.Stdout;
            }
            else if (json.ValueTextEquals("time"u8))
            {
                _ = json.Read();
                time = json.GetDateTimeOffset();
            }
            else
            {
                json.Skip();
            }
        }

        return text is null ? null : new(stream, time, text);
    }

    private static byte[] Unescape(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return json.ValueSpan.ToArray();
        }

        byte[] room = ArrayPool<byte>.Shared.Rent(json.ValueSpan.Length);
        int length = json.CopyString(room);
        byte[] text = room.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(room);
        return text;
    }
}
