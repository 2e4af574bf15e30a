using System.Diagnostics;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>What `--version` says: 7.2.22.</summary>
internal static class QemuVersion
{
    public static string Read(string qemu)
    {
        using Process? process = Process.Start(new ProcessStartInfo(qemu, ["--version"]) { RedirectStandardOutput = true });
        using StreamReader? output = process?.StandardOutput;
        string[] words = output?.ReadToEnd().Split([' ', '\n', '(']) ?? [];
        process?.WaitForExit();
        int index = Array.IndexOf(words, "version");
        return index >= 0 && index + 1 < words.Length ? words[index + 1] : "unknown";
    }
}
