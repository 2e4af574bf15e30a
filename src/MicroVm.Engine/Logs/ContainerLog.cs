using Microsoft.Win32.SafeHandles;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>
/// Writer of one run's output to the container's log, in Docker's json-file format. What <see cref="Append"/> reports
/// as taken is in the file (not fsynced) and stays there exactly once, however the daemon ends. Thread-safe.
/// </summary>
internal sealed class ContainerLog : IOutputSink, IDisposable
{
    private const int BatchSize = 256 * 1024;

    private readonly Lock _sync = new();
    private readonly LogSettings _settings;
    private readonly LogCompressor? _compressor;
    private SafeFileHandle _file;
    private readonly LogPosition _position;
    private readonly JsonLogEncoder _encoder = new();
    private readonly LineBuffer _stdout = new();
    private readonly LineBuffer _stderr = new();
    private StreamOffsets _written;
    private StreamOffsets _received;
    private long _length;
    private long _generation;
    private IOException? _failure;
    private bool _isComplete;
    private TaskCompletionSource? _grown;

    private ContainerLog(string path, LogSettings settings, SafeFileHandle file, LogPosition position, long length, StreamOffsets offsets)
    {
        Path = path;
        _settings = settings;
        _compressor = settings is { Compresses: true, MaxFiles: > 1 } ? new(path, settings.MaxFiles, _sync) : null;
        (_file, _position, _length) = (file, position, length);
        _written = _received = offsets;
    }

    public string Path { get; }

    /// <summary>Up to where output was taken, unfinished lines included: a new connection goes on from here.</summary>
    public StreamOffsets Received
    {
        get
        {
            lock (_sync)
            {
                return _received;
            }
        }
    }

    /// <summary>Up to where it is in the file: all that a later daemon knows of.</summary>
    public StreamOffsets Written
    {
        get
        {
            lock (_sync)
            {
                return _written;
            }
        }
    }

    /// <summary>Bytes of whole entries in the newest file, and how many came before it in this run.</summary>
    public (long Generation, long Length) Extent
    {
        get
        {
            lock (_sync)
            {
                return (_generation, _length);
            }
        }
    }

    // A file is left at its size or one entry above.
    private long BatchLimit => _settings.MaxSize == 0
        ? BatchSize
        : Math.Clamp(_length < _settings.MaxSize ? _settings.MaxSize - _length : _settings.MaxSize, 1, BatchSize);

    /// <summary>The first error that kept output out of the file (disk full); the log has a gap from there on.</summary>
    public IOException? Failure => _failure;

    public bool IsComplete => Volatile.Read(ref _isComplete);

    /// <summary>Begins the output of a new VM at the end of the log.</summary>
    public static ContainerLog Start(string path, string positionPath, LogSettings? settings = null)
    {
        SafeFileHandle file = OpenFile(path);
        LogPosition position = LogPosition.Open(positionPath, out _);
        long length = RandomAccess.GetLength(file);
        position.Write(length, length, default, default);
        return new(path, settings ?? LogSettings.Unbounded, file, position, length, default);
    }

    /// <summary>Goes on with the output of a VM that an earlier daemon started.</summary>
    public static ContainerLog Resume(string path, string positionPath, LogSettings? given = null)
    {
        LogSettings settings = given ?? LogSettings.Unbounded;
        SafeFileHandle file = OpenFile(path);
        LogPosition position = LogPosition.Open(positionPath, out LogPosition.Record? last);
        long length = RandomAccess.GetLength(file);
        if (last is null)
        {
            return new(path, settings, file, position, length, default);
        }

        if (length >= last.LengthAfter)
        {
            return new(path, settings, file, position, length, last.After);
        }

        length = Math.Min(length, last.LengthBefore);
        RandomAccess.SetLength(file, length);
        return new(path, settings, file, position, length, last.Before);
    }

    /// <summary>Takes bytes of a stream; returns the stream offset up to which it needs no resending.</summary>
    public long Append(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        lock (_sync)
        {
            byte[] suffix = JsonLogEncoder.Suffix(stream, DateTime.UtcNow, _settings.Attributes);
            LineBuffer line = Line(stream);
            while (!bytes.IsEmpty)
            {
                int taken = line.Take(bytes, suffix, _encoder);
                bytes = bytes[taken..];
                _received = _received.Plus(stream, taken);
                if (_encoder.Written.Length >= BatchLimit)
                {
                    Flush();
                }
            }

            Flush();
            return _written.Of(stream);
        }
    }

    /// <summary>The stream ended: an unfinished line is written as it is.</summary>
    public long End(OutputStream stream)
    {
        lock (_sync)
        {
            Line(stream).Finish(JsonLogEncoder.Suffix(stream, DateTime.UtcNow, _settings.Attributes), _encoder);
            Flush();
            return _written.Of(stream);
        }
    }

    /// <summary>No more output comes: followers end. Unfinished lines are written.</summary>
    public void Complete()
    {
        lock (_sync)
        {
            if (_isComplete)
            {
                return;
            }

            _ = End(OutputStream.Stdout);
            _ = End(OutputStream.Stderr);
            _isComplete = true;
            Announce();
        }
    }

    /// <summary>The files and the unfinished lines at one moment, for a client that attaches with its past output.</summary>
    public (LogFiles Files, byte[] HeldStdout, byte[] HeldStderr) Snapshot()
    {
        lock (_sync)
        {
            return (OpenFiles(), _stdout.Held.ToArray(), _stderr.Held.ToArray());
        }
    }

    /// <summary>What there is, to be read while more is written.</summary>
    public LogFiles OpenFiles()
    {
        lock (_sync)
        {
            return LogFiles.Open(Path, _generation, _length);
        }
    }

    /// <summary>Completes when there is more than was read, or there will be no more.</summary>
    public Task WaitForGrowthAsync(long generation, long length)
    {
        lock (_sync)
        {
            if (_generation != generation || _length > length || _isComplete)
            {
                return Task.CompletedTask;
            }

            _grown ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _grown.Task;
        }
    }

    /// <summary>
    /// Closes the files as they are: unless <see cref="Complete"/> came before, what is held of unfinished lines is
    /// left to the guest, which sends it again to the next daemon.
    /// </summary>
    public void Dispose()
    {
        lock (_sync)
        {
            _isComplete = true;
            Announce();
            _file.Dispose();
            _position.Dispose();
        }

        _compressor?.Dispose();
    }

    private static SafeFileHandle OpenFile(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private LineBuffer Line(OutputStream stream) => stream == OutputStream.Stderr ? _stderr : _stdout;

    private void Flush()
    {
        if (_encoder.Written.IsEmpty)
        {
            return;
        }

        StreamOffsets after = new(_received.Stdout - _stdout.Held.Length, _received.Stderr - _stderr.Held.Length);
        WriteBatch(_encoder.Written.Span, after);
        _written = after;
        _encoder.Clear();
        Announce();
    }

    private void WriteBatch(ReadOnlySpan<byte> batch, StreamOffsets after)
    {
        if (!_settings.IsKept)
        {
            return;
        }

        try
        {
            RotateIfFull();
            _position.Write(_length, _length + batch.Length, _written, after);
            RandomAccess.Write(_file, batch, _length);
            _length += batch.Length;
        }
        catch (IOException e)
        {
            // The container must not stop because its log cannot grow: the output goes on to those attached.
            _failure ??= e;
            Forgo(after);
        }
    }

    /// <summary>
    /// Begins a new file. The record comes first: whether a later daemon finds the old file or the new one, all that was
    /// written counts, for either is at least as long as the record says.
    /// </summary>
    private void RotateIfFull()
    {
        if (_settings.MaxSize == 0 || _length < _settings.MaxSize)
        {
            return;
        }

        _position.Write(0, 0, _written, _written);
        LogFiles.Shift(Path, _settings.MaxFiles);
        SafeFileHandle full = _file;
        _file = OpenFile(Path);
        full.Dispose();
        (_generation, _length) = (_generation + 1, 0);
        _compressor?.Rotated();
    }

    /// <summary>Leaves a gap: the guest has been (or will be) told that these bytes are taken.</summary>
    private void Forgo(StreamOffsets after)
    {
        try
        {
            RandomAccess.SetLength(_file, _length);
            _position.Write(_length, _length, after, after);
        }
        catch (IOException)
        {
            // The first failure is the one to tell.
        }
    }

    private void Announce()
    {
        TaskCompletionSource? grown = _grown;
        _grown = null;
        grown?.TrySetResult();
    }
}
