namespace MicroVm.Hypervisor.Qemu;

/// <summary>The files of one installed QEMU.</summary>
internal static class QemuInstallation
{
    private static readonly string[] s_libraries = ["lib/x86_64-linux-gnu/qemu", "lib64/qemu", "lib/qemu"];

    /// <exception cref="HypervisorException">It is not there.</exception>
    public static string Find(string? configured)
    {
        string? found = configured ?? HostProgram.Find("qemu-system-x86_64");
        return found is not null && File.Exists(found)
            ? found
            : throw new HypervisorException($"{configured ?? "qemu-system-x86_64"} not found: apt-get install qemu-system-x86");
    }

    /// <summary>What a microvm with a kernel needs beside the program: its firmware, and the emulation where that is a module.</summary>
    public static IReadOnlyList<string> DataOf(string program)
    {
        string prefix = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, ".."));
        return
        [
            Path.Combine(prefix, "share/qemu/qboot.rom"),
            .. s_libraries.Select(directory => Path.Combine(prefix, directory, "accel-tcg-x86_64.so")),
        ];
    }
}
