using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Persistence;

/// <summary>Writable disks: sparse copies of an ext4 template of the same size, made once.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim without a wait handle holds nothing to dispose.")]
internal sealed class ScratchDisks(EngineOptions options)
{
    private readonly SemaphoreSlim _making = new(1);
    private readonly string _templates = Path.Combine(options.Root, "templates");

    /// <summary>The disk at <paramref name="path"/>, made when it is not there; never half-made.</summary>
    public async Task<DiskSpec> PrepareAsync(string path, long size, bool isVolatile)
    {
        if (!File.Exists(path))
        {
            string template = await TemplateAsync(size).ConfigureAwait(false);
            await RunAsync("cp", "--sparse=always", "--reflink=auto", template, path + ".tmp").ConfigureAwait(false);
            File.Move(path + ".tmp", path);
        }

        return new(path, DiskFormat.Raw, ReadOnly: false, isVolatile);
    }

    private async Task<string> TemplateAsync(long size)
    {
        string path = Path.Combine(_templates, size.ToString(CultureInfo.InvariantCulture) + ".ext4");
        await _making.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!File.Exists(path))
            {
                await MakeAsync(path, size).ConfigureAwait(false);
            }

            return path;
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task MakeAsync(string path, long size)
    {
        Directory.CreateDirectory(_templates);
        string temporary = path + ".tmp";
        await using (FileStream file = File.Create(temporary))
        {
            file.SetLength(size);
        }

        // discard: a hole reads as zeros, so that the guest has no inode tables to clear.
        await RunAsync("mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E", "discard", temporary).ConfigureAwait(false);
        await RunAsync("cp", "--sparse=always", temporary, temporary + ".2").ConfigureAwait(false);
        File.Move(temporary + ".2", path, overwrite: true);
        File.Delete(temporary);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new EngineException(EngineErrorKind.Internal, $"cannot make the container's disk: {OneLine.Of(error.Trim(), 300)}");
        }
    }
}
