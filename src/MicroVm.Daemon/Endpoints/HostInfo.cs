using System.Globalization;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The host, from /proc and /etc.</summary>
internal static class HostInfo
{
    public static string KernelVersion { get; } = ReadFirstLine("/proc/sys/kernel/osrelease");

    public static string MachineId => ReadFirstLine("/etc/machine-id");

    public static string OperatingSystem => FromOsRelease("PRETTY_NAME") is { Length: > 0 } name ? name : "Linux";

    public static string OperatingSystemVersion => FromOsRelease("VERSION_ID");

    /// <summary>Bytes.</summary>
    public static long MemoryTotal
    {
        get
        {
            string[] parts = ReadFirstLine("/proc/meminfo").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return parts.Length > 1 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kib) ? kib * 1024 : 0;
        }
    }

    public static int OpenDescriptors => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    private static string FromOsRelease(string key)
    {
        try
        {
            string? line = File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(key + "=", StringComparison.Ordinal));
            return line is null ? "" : line[(key.Length + 1)..].Trim('"');
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string ReadFirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault("");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
