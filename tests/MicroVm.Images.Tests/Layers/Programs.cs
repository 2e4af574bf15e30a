using System.Diagnostics;

namespace MicroVm.Images.Tests.Layers;

/// <summary>Programs that tests compare with. Missing ones fail the test: the Makefile installs them.</summary>
internal static class Programs
{
    private static readonly Lazy<string> s_walk = new(CompileWalk);

    public static string Root { get; } = FindRoot();

    /// <summary>tests/guest/walk.c, linked statically, so that it also runs as the only program of a guest.</summary>
    public static string Walk => s_walk.Value;

    /// <summary>Runs to the end; anything but exit code 0 fails with what it printed.</summary>
    public static string Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {process.ExitCode}\n{output}\n{error.Result}");
        return output;
    }

    private static string CompileWalk()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "walk");
        Run("musl-gcc", "-static", "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(Root, "tests/guest/walk.c"));
        return program;
    }

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "MicroVm.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("run the tests inside a clone");
    }
}
