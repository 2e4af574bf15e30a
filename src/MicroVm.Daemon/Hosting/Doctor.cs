using System.Text;
using MicroVm.Hypervisor.Host;

namespace MicroVm.Daemon.Hosting;

/// <summary><c>mvmd doctor</c>: what this host has for VMs, what mvm therefore does, and what mends the rest.</summary>
internal static class Doctor
{
    private const int StateWidth = 9;
    private const int NameWidth = 17;

    /// <summary>False when something is missing without which no VM runs.</summary>
    public static bool Report(DaemonOptions options, TextWriter output)
    {
        IReadOnlyList<HostFinding> findings = HostReport.Run(options);
        foreach (HostFinding finding in findings)
        {
            output.Write(Describe(finding));
        }

        int missing = findings.Count(finding => finding.State == FindingState.Missing);
        output.WriteLine(missing == 0 ? "Virtual machines can run here." : "Virtual machines can't run here before what is missing is mended.");
        return missing == 0;
    }

    private static string Describe(HostFinding finding)
    {
        StringBuilder text = new();
        string state = finding.State.ToString().ToLowerInvariant();
        text.Append(state.PadRight(StateWidth)).Append(finding.Name.PadRight(NameWidth)).AppendLine(finding.Found);
        Indent(text, finding.Consequence);
        Indent(text, finding.Remedy.Length > 0 ? "→ " + finding.Remedy : "");
        return text.ToString();
    }

    private static void Indent(StringBuilder text, string line)
    {
        if (line.Length > 0)
        {
            text.Append(' ', StateWidth + NameWidth).AppendLine(line);
        }
    }
}
