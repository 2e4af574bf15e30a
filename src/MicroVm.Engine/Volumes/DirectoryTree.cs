using System.Diagnostics;
using System.Globalization;

namespace MicroVm.Engine.Volumes;

/// <summary>
/// Trees that a guest has made, whose paths may be longer than a system call takes: what rm(1) and du(1) of Debian's essential
/// packages are written for.
/// </summary>
internal static class DirectoryTree
{
    /// <exception cref="IOException">Something could not be deleted, and what.</exception>
    public static async Task DeleteAsync(string path) => await RunAsync("rm", ["-rf", "--one-file-system", "--", path], CancellationToken.None).ConfigureAwait(false);

    /// <summary>Bytes of the files, each counted once whatever names it has.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static async Task<long> SizeAsync(string path, CancellationToken cancellationToken)
    {
        string output = await RunAsync("du", ["-s", "-x", "--apparent-size", "--block-size=1", "--", path], cancellationToken).ConfigureAwait(false);
        return long.TryParse(output.Split('\t')[0], CultureInfo.InvariantCulture, out long size) ? size : 0;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/" + program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        }) ?? throw new IOException($"{program} could not be started");
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);

        // A file that vanishes while du looks is no error of its caller's.
        return process.ExitCode == 0 || program == "du" ? output : throw new IOException(OneLine.Of(await errors.ConfigureAwait(false), 300));
    }
}
