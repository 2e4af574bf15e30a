using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Templates;

/// <summary>
/// Boots a VM without devices, in a jail as any other, stops it where its agent waits for a channel, and keeps its memory and the state of
/// its board. The guest is ours alone: no image, no network, no secret has been near it.
/// </summary>
/// <param name="jail">Null: there is none.</param>
/// <param name="directory">For sockets; what is in it is removed.</param>
internal sealed class TemplateMaker(VmmJail? jail, string directory, HypervisorInfo host)
{
    private const string Prefix = "mvm-template-";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>What a daemon that was killed has left. Its guest would end by itself, unless it is stopped already.</summary>
    public void Clear()
    {
        foreach (string left in Directory.Exists(directory) ? Directory.GetDirectories(directory) : [])
        {
            StrayVmm.Kill(Path.GetFileName(left));
            jail?.Groups.Delete(Path.GetFileName(left));
            Directory.Delete(left, recursive: true);
        }
    }

    /// <summary>Returns when it is made and its VM gone.</summary>
    /// <exception cref="HypervisorException">It can't be made, and why.</exception>
    public VmTemplate Make(TemplateShape shape, uint? tscKilohertz, CancellationToken cancellationToken)
    {
        string id = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        string own = Path.Combine(directory, id);
        uint? user = jail?.Users?.Take(id);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            Directory.CreateDirectory(own);
            return Make(shape, id, user, own, tscKilohertz, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervisorException($"it took longer than {s_patience.TotalSeconds} seconds", e);
        }
        finally
        {
            jail?.Groups.Delete(id);
            if (user is { } number)
            {
                jail?.Users?.Release(number);
            }

            Directory.Delete(own, recursive: true);
        }
    }

    private VmTemplate Make(TemplateShape shape, string id, uint? user, string own, uint? tscKilohertz, CancellationToken cancellationToken)
    {
        SafeFileHandle memory = MemoryFile.Create("mvm-template", shape.Memory);
        SafeFileHandle? state = null;
        try
        {
            using (var boot = new TemplateBoot(own, user))
            {
                string image = DescriptorPath(jail, QemuCommandLine.TemplateMemoryFd);
                IReadOnlyList<string> command = QemuCommandLine.BuildTemplate(shape, host, id, boot.TokenPath, image, tscKilohertz);
                boot.Launch(jail, QemuJail.OfTemplate(shape, id, [shape.Qemu.Path, .. command], boot.TokenPath, boot.StatePath, user, host.Accelerator), memory);
                state = boot.RunAsync(cancellationToken).GetAwaiter().GetResult();
            }

            MemoryFile.Seal(memory);
            MemoryFile.Seal(state);
            return new(memory, state);
        }
        catch
        {
            memory.Dispose();
            state?.Dispose();
            throw;
        }
    }

    /// <summary>By which a VMM opens what it has inherited once more. Its jail has no /proc.</summary>
    public static string DescriptorPath(VmmJail? jail, int number) => $"{(jail is null ? "/proc/self/fd" : QemuJail.Descriptors)}/{number}";
}
