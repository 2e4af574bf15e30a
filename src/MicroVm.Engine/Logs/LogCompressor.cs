using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Engine.Logs;

/// <summary>
/// Compresses the files that a log has left behind, beside its writer and one after the other. A daemon that dies leaves the file as it
/// was, or both: then the plain one counts. All but <see cref="Dispose"/> is called with the writer's lock held.
/// </summary>
internal sealed class LogCompressor(string path, int maxFiles, Lock sync) : IDisposable
{
    private const int ChunkSize = 64 * 1024;

    private Task _work = Task.CompletedTask;
    private long _rotations;
    private bool _isWorking;
    private volatile bool _isStopped;

    private string TemporaryName => path + ".compress";

    /// <summary>The files have been renamed, and there is one more.</summary>
    public void Rotated()
    {
        _rotations++;
        if (!_isWorking && !_isStopped)
        {
            _isWorking = true;
            _work = Task.Run(Work);
        }
    }

    /// <summary>Ends the work where it is. The lock must not be held.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _work.Wait();
    }

    private void Work()
    {
        try
        {
            while (Take(out int age, out long rotation) is { } source)
            {
                using (source)
                {
                    Compress(source);
                }

                Finish(age, rotation);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A log that can't be compressed (disk full) stays as it is; the next rotation tries again.
            lock (sync)
            {
                _isWorking = false;
            }
        }
        finally
        {
            File.Delete(TemporaryName);
        }
    }

    /// <summary>The oldest that is not compressed; null: nothing is left to do.</summary>
    private SafeFileHandle? Take(out int age, out long rotation)
    {
        lock (sync)
        {
            rotation = _rotations;
            for (age = _isStopped ? 0 : maxFiles - 1; age > 0; age--)
            {
                if (File.Exists(LogFiles.NameOf(path, age)))
                {
                    return File.OpenHandle(LogFiles.NameOf(path, age), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                }
            }

            _isWorking = false;
            return null;
        }
    }

    private void Compress(SafeFileHandle source)
    {
        using SafeFileHandle target = File.OpenHandle(TemporaryName, FileMode.Create, FileAccess.Write, FileShare.Read);
        using (FileStream output = new(target, FileAccess.Write, bufferSize: 0))
        using (GZipStream gzip = new(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] chunk = new byte[ChunkSize];
            long offset = 0;
            int count;
            while (!_isStopped && (count = RandomAccess.Read(source, chunk, offset)) > 0)
            {
                gzip.Write(chunk, 0, count);
                offset += count;
            }

            gzip.Dispose();
            RandomAccess.FlushToDisk(target);
        }
    }

    private void Finish(int age, long rotation)
    {
        lock (sync)
        {
            int now = age + (int)(_rotations - rotation);
            if (!_isStopped && now < maxFiles)
            {
                File.Move(TemporaryName, LogFiles.NameOf(path, now) + LogFiles.Compressed, overwrite: true);
                File.Delete(LogFiles.NameOf(path, now));
            }
        }
    }
}
