using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Engine.Logs;

/// <summary>Reads a guest kernel's console, which the VMM writes; follows it through inotify.</summary>
internal static class KernelLogReader
{
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        string path, Task ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using SemaphoreSlim changed = new(1);
        using FileSystemWatcher watcher = new(Path.GetDirectoryName(path)!, Path.GetFileName(path));
        watcher.Changed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = !ended.IsCompleted;
        byte[] buffer = new byte[64 * 1024];
        long offset = 0;
        while (true)
        {
            // Asked before reading: what was written before the end is read after it.
            bool isOver = ended.IsCompleted;
            for (int read = Read(path, buffer, offset); read > 0; read = Read(path, buffer, offset))
            {
                offset += read;
                yield return buffer.AsMemory(0, read).ToArray();
            }

            if (isOver)
            {
                yield break;
            }

            await Task.WhenAny(changed.WaitAsync(cancellationToken), ended).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The line that tells best why a kernel stopped: its panic, else the last one. Empty without a log.</summary>
    public static string LastWords(string path)
    {
        const int Tail = 16 * 1024;
        byte[] buffer = new byte[Tail];
        long length = File.Exists(path) ? new FileInfo(path).Length : 0;
        int read = length == 0 ? 0 : Read(path, buffer, Math.Max(0, length - Tail));
        string[] lines = System.Text.Encoding.ASCII.GetString(buffer.AsSpan(0, read))
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? told = Array.FindLast(lines, line => line.Contains("panic", StringComparison.OrdinalIgnoreCase)) ?? lines.LastOrDefault();
        return OneLine.Of(told ?? "", 200);
    }

    private static int Read(string path, byte[] buffer, long offset)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.Read(file, buffer, offset);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }
}
