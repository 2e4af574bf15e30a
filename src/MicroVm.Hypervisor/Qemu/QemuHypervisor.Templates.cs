using System.Globalization;
using MicroVm.Hypervisor.Templates;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>VMs that are restored from a template instead of being booted.</summary>
public sealed partial class QemuHypervisor
{
    private static readonly TimeSpan s_restoreLimit = TimeSpan.FromSeconds(20);

    /// <summary>What virtiofsd knows of its guest can't be restored: with shares it boots.</summary>
    private bool CanRestore(VmSpec spec) => _templates is not null && spec.Shares.Count == 0;

    public void Expect(string kernel, string initramfs, int vcpus, long memory)
    {
        try
        {
            GuestFiles.Check(kernel, initramfs);
            _templates?.Expect(TemplateShape.Of(FindQemu(), kernel, initramfs, vcpus, memory));
        }
        catch (Exception e) when (e is HypervisorException or IOException)
        {
            // The first VM's start will say what is missing.
        }
    }

    /// <summary>VMs run on.</summary>
    public void Dispose() => _templates?.Dispose();

    private VmTemplates MakeTemplates()
    {
        string directory = Path.Combine(_options.RunDirectory, "templates");
        var maker = new Lazy<TemplateMaker>(() =>
        {
            var made = new TemplateMaker(_jail, directory, Info);
            made.Clear();
            return made;
        });
        return new(
            (shape, cancellationToken) => maker.Value.Make(shape, TscKilohertz(), cancellationToken),
            _options.Report);
    }

    private async Task<IVirtualMachine> RestoreOrBootAsync(VmSpec spec, string qemu, VmPaths paths, CancellationToken cancellationToken)
    {
        if (CanRestore(spec))
        {
            TemplateShape shape = TemplateShape.Of(qemu, spec.Kernel, spec.Initramfs, spec.VCpus, spec.Memory);
            using TemplateFiles? template = _templates!.Find(shape);
            if (template is not null && await TryRestoreAsync(spec, qemu, paths, shape, template, cancellationToken).ConfigureAwait(false) is { } machine)
            {
                return machine;
            }
        }

        return Start(spec, qemu, paths, template: null);
    }

    /// <summary>For a daemon that comes after this one has been killed.</summary>
    private static void MarkRestoring(VmPaths paths, bool isRestored)
    {
        if (isRestored)
        {
            File.WriteAllBytes(paths.Restoring, []);
        }
    }

    /// <summary>Null: the template is no good, and there is nothing of the VM.</summary>
    private async Task<IVirtualMachine?> TryRestoreAsync(
        VmSpec spec, string qemu, VmPaths paths, TemplateShape shape, TemplateFiles template, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_restoreLimit);
        VmmMachine? machine = null;
        try
        {
            machine = Start(spec, qemu, paths, template);
            await RestoreAsync(paths, QemuCommandLine.MemoryFd(spec) + 1, limit.Token).ConfigureAwait(false);
            _templates!.Worked(shape);
            return machine;
        }
        catch (Exception e) when (machine is not null)
        {
            string reason = await EndAsync(machine, e).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (e is OperationCanceledException)
            {
                _templates!.Refuse(shape, $"it took longer than {s_restoreLimit.TotalSeconds} seconds");
            }
            else
            {
                _templates!.Failed(shape, reason);
            }

            return null;
        }
    }

    /// <returns>Why it was.</returns>
    private static async Task<string> EndAsync(VmmMachine machine, Exception error)
    {
        await machine.KillAsync().ConfigureAwait(false);
        VmExit exit = await machine.Exited.ConfigureAwait(false);
        await machine.DisposeAsync().ConfigureAwait(false);
        return $"{error.Message}: {exit.Reason}";
    }

    /// <summary>Returns when the guest goes on where its template was stopped.</summary>
    /// <param name="state">The VMM's descriptor of the template's state.</param>
    private static async Task RestoreAsync(VmPaths paths, int state, CancellationToken cancellationToken)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(paths.Monitor, cancellationToken).ConfigureAwait(false);
        await qmp.LeaveSharedMemoryAsync(cancellationToken).ConfigureAwait(false);
        await qmp.ExecuteAsync("migrate-incoming", string.Create(CultureInfo.InvariantCulture, $$"""{"uri":"fd:{{state}}"}"""), cancellationToken).ConfigureAwait(false);
        await qmp.WaitForAsync("RESUME", cancellationToken).ConfigureAwait(false);
        File.Delete(paths.Restoring);
    }
}
