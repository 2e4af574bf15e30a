using System.Text.RegularExpressions;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>
/// What a daemon holds on its host at one moment: VMM processes, everything below its root and its run directory, mounts,
/// open descriptors. Not what it makes in its own time and keeps: templates of VMs. Only meaningful on a daemon that no other test uses
/// meanwhile.
/// </summary>
public sealed partial class Footprint
{
    private static readonly TimeSpan s_descriptorsSettle = TimeSpan.FromSeconds(10);
    private readonly Daemon _daemon;
    private readonly string[] _things;
    private readonly string[] _descriptors;

    private Footprint(Daemon daemon) => (_daemon, _things, _descriptors) = (daemon, Things(daemon), Descriptors(daemon));

    public static Footprint Of(Daemon daemon) => new(daemon);

    /// <summary>
    /// Fails when there is more than there was, or less. At once: a client that has been told is told the truth. Only the
    /// descriptors get time, since a client's connection is closed behind its last answer.
    /// </summary>
    public async Task UnchangedAsync()
    {
        Assert.Equal(_things, Things(_daemon));
        for (DateTime end = DateTime.UtcNow + s_descriptorsSettle; DateTime.UtcNow < end; await Task.Delay(20))
        {
            if (NewDescriptors().Length == 0)
            {
                return;
            }
        }

        Assert.Empty(NewDescriptors());
    }

    /// <summary>Those of which there are more than there were; what was closed meanwhile does no harm.</summary>
    private string[] NewDescriptors()
    {
        var known = _descriptors.CountBy(kind => kind).ToDictionary();
        return [.. Descriptors(_daemon).CountBy(kind => kind).Where(pair => pair.Value > known.GetValueOrDefault(pair.Key)).Select(pair => pair.Key)];
    }

    private static string[] Things(Daemon daemon) =>
    [
        .. daemon.VmmProcesses().Select(pid => $"VMM {pid}"),
        .. Files(daemon.Root).Where(path => !Template().IsMatch(path)),
        .. Directory.GetFileSystemEntries(daemon.RunDirectory).Where(path => Path.GetFileName(path) != "templates").Order(StringComparer.Ordinal)
            .SelectMany(path => Directory.Exists(path) ? Files(path).Prepend(path) : [path]),
        .. Mounts("self", daemon),
        .. Mounts($"{daemon.ProcessId}", daemon),
    ];

    private static IEnumerable<string> Files(string directory) =>
        Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Mounts(string process, Daemon daemon) =>
        File.ReadAllLines($"/proc/{process}/mountinfo").Where(line => line.Contains(daemon.Directory, StringComparison.Ordinal));

    /// <summary>Each open descriptor's kind: numbers of sockets and pipes change with every connection. The program's own files are left out.</summary>
    private static string[] Descriptors(Daemon daemon) =>
    [
        .. Directory.GetFiles($"/proc/{daemon.ProcessId}/fd")
            .Select(fd => new FileInfo(fd).LinkTarget)
            .OfType<string>()
            .Where(target => !target.StartsWith(TestEnvironment.Dist, StringComparison.Ordinal) && !target.StartsWith("/memfd:mvm-template", StringComparison.Ordinal))
            .Select(target => Inode().Replace(target, ""))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Formatted once for all containers of a size, and kept.</summary>
    [GeneratedRegex(@"/templates/scratch-\d+M(-volatile)?\.ext4$")]
    private static partial Regex Template();

    [GeneratedRegex(@":\[\d+\]$")]
    private static partial Regex Inode();
}
