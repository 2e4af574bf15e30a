using System.Diagnostics;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>The programs of tests/jail.</summary>
internal static class IntruderProgram
{
    // musl's compiler leaves the kernel's headers out.
    private static readonly string[] s_options =
    [
        "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-Os", "-static", "-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu",
    ];

    /// <summary>Compiles one into a directory; returns its path.</summary>
    public static string Build(string name, string directory)
    {
        string program = Path.Combine(directory, name);
        Run("musl-gcc", [.. s_options, Path.Combine(Root(), "tests/jail", name + ".c"), "-o", program]);
        return program;
    }

    /// <summary>What a program writes to stderr; its status must be 0 or 1.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string output = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, output);
        return output;
    }

    private static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "MicroVm.sln")))
        {
            directory = Path.GetDirectoryName(directory.TrimEnd('/'))!;
        }

        return directory;
    }
}
