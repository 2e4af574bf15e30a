using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Daemon;

/// <summary>Where mvmd, its state and its last words are.</summary>
internal static class DaemonProgram
{
    private const int TailBytes = 4096;

    /// <summary>MVM_DAEMON, else beside mvm, else where packages put it relative to mvm.</summary>
    internal static string Find()
    {
        string own = AppContext.BaseDirectory;
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("MVM_DAEMON"),
            Path.Combine(own, "mvmd"),
            Path.Combine(own, "..", "mvmd"),
            Path.Combine(own, "..", "daemon", "mvmd"),
            Path.Combine(own, "..", "lib", "mvm", "mvmd"),
            Path.Combine(own, "..", "sbin", "mvmd"),
        ];
        string? found = Array.Find(candidates, path => !string.IsNullOrEmpty(path) && File.Exists(path));
        return found is null
            ? throw new CliException($"mvmd is not running, and there is none beside {own.TrimEnd('/')}/mvm to start")
            : Path.GetFullPath(found);
    }

    /// <summary>/var/lib/mvm for root, else $XDG_DATA_HOME/mvm.</summary>
    internal static string StateDirectory()
    {
        if (Libc.GetUserId() == 0)
        {
            return "/var/lib/mvm";
        }

        string? data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/";
        return Path.Combine(string.IsNullOrEmpty(data) ? Path.Combine(home, ".local", "share") : data, "mvm");
    }

    /// <summary>Last line that was written after <paramref name="offset"/>; null: none.</summary>
    internal static string? LastLine(string log, long offset)
    {
        try
        {
            using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Position = Math.Min(stream.Length, Math.Max(offset, stream.Length - TailBytes));
            byte[] tail = new byte[TailBytes];
            int count = stream.ReadAtLeast(tail, TailBytes, throwOnEndOfStream: false);
            string[] lines = Encoding.UTF8.GetString(tail, 0, count).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return lines.Length > 0 ? lines[^1] : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
