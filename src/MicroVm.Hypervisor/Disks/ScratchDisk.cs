using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Disks;

/// <summary>
/// Writable disks: raw sparse files with an empty ext4, cloned from a template that is formatted once a size. A disk's size
/// is the container's quota.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001")]
public sealed class ScratchDisk(string templateDirectory)
{
    private const long MiB = 1 << 20;
    public const long MinimumSize = 16 * MiB;
    private const int NoSpace = 28;
    private static readonly string[] s_directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
    private readonly SemaphoreSlim _formatting = new(1, 1);

    /// <summary>Makes a disk at <paramref name="path"/>, replacing what is there. A failure leaves nothing.</summary>
    /// <param name="size">Bytes, rounded up to whole MiB.</param>
    /// <param name="journal">Keeps the file system whole when the VM is killed: what dies with the VM does without.</param>
    /// <exception cref="HypervisorException">The disk is full, or mke2fs is missing.</exception>
    public async Task CreateAsync(string path, long size, bool journal, CancellationToken cancellationToken)
    {
        size = Rounded(size);
        string template = await GetTemplateAsync(size, journal, cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Clone(template, path), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }

            throw new HypervisorException($"the container's disk can't be made: {(e.HResult == NoSpace ? "no space left on device" : e.Message)}", e);
        }
    }

    /// <summary>Bytes that were written to a disk, as far as they have reached the host; 0 for one that is not there.</summary>
    /// <param name="size">As it was made with.</param>
    /// <param name="journal">Likewise.</param>
    public long UsedBytes(string path, long size, bool journal)
    {
        try
        {
            long empty = FileOwner.AllocatedBytes(TemplatePath(Rounded(size), journal));
            return Math.Max(0, FileOwner.AllocatedBytes(path) - empty);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long Rounded(long size) => (Math.Max(size, MinimumSize) + MiB - 1) / MiB * MiB;

    private string TemplatePath(long size, bool journal) => Path.Combine(
        templateDirectory, string.Create(CultureInfo.InvariantCulture, $"scratch-{size / MiB}M{(journal ? "" : "-volatile")}.ext4"));

    private async Task<string> GetTemplateAsync(long size, bool journal, CancellationToken cancellationToken)
    {
        string template = TemplatePath(size, journal);
        if (File.Exists(template))
        {
            return template;
        }

        await _formatting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!File.Exists(template))
            {
                await FormatAsync(template, size, journal, cancellationToken).ConfigureAwait(false);
            }

            return template;
        }
        finally
        {
            _formatting.Release();
        }
    }

    private async Task FormatAsync(string template, long size, bool journal, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(templateDirectory);
        string temporary = template + ".new";
        File.Delete(temporary);
        try
        {
            // Nothing is left to initialise later: a sparse file reads as zeros. No blocks for root, no room to grow: the
            // disk is one container's and has its size.
            string[] arguments =
            [
                "-q", "-F", "-t", "ext4", "-L", "scratch", "-m", "0", "-I", "256", .. journal ? new[] { "-J", "size=4" } : [],
                "-O", "^resize_inode,^metadata_csum,^metadata_csum_seed,extent,uninit_bg,sparse_super2" + (journal ? ",has_journal" : ",^has_journal"),
                "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0", temporary,
                string.Create(CultureInfo.InvariantCulture, $"{size / 1024}k"),
            ];
            await RunAsync("mke2fs", arguments, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, template, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        // A daemon that a user's shell has started may not have the administrator's directories on its path.
        string path = s_directories.Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists) ?? program;
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            using StreamReader errors = process.StandardError; // disposing a process leaves what was asked for open
            string error = await errors.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new HypervisorException($"{program} failed: {Printable.OneLine(error, 300)}");
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HypervisorException($"{program} not found: apt-get install e2fsprogs", e);
        }
    }

    private static void Clone(string template, string path)
    {
        using SafeFileHandle source = File.OpenHandle(template);
        using SafeFileHandle target = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        SparseCopy.Copy(source, target);
    }
}
