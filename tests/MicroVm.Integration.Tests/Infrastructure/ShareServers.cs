using System.Diagnostics;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>The virtiofsd processes of containers.</summary>
public static class ShareServers
{
    /// <summary>Of one container, by its full id.</summary>
    public static IReadOnlyList<int> OfContainer(string id) =>
        [.. Process.GetProcesses().Where(p => p.ProcessName == "virtiofsd" && Arguments(p.Id).Contains("/shares/" + id, StringComparison.Ordinal)).Select(p => p.Id)];

    /// <summary>Of a daemon's containers: bubblewrap, which waits for each, names what it shares.</summary>
    public static IReadOnlyList<int> Of(Daemon daemon) =>
        [.. Process.GetProcesses().Where(p => p.ProcessName == "bwrap" && Arguments(p.Id) is var all && all.Contains("virtiofsd", StringComparison.Ordinal) && all.Contains(daemon.Directory, StringComparison.Ordinal)).Select(p => p.Id)];

    private static string Arguments(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
