using System.Globalization;
using Microsoft.Win32.SafeHandles;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Templates;

/// <summary>
/// A VM that was booted once, without any device, and stopped where its agent waits for one: its memory, which the VMs made of it
/// map copy-on-write and can't change, and the state of its processors and board.
/// </summary>
/// <param name="memory">Sealed.</param>
/// <param name="state">QEMU's migration stream; sealed.</param>
internal sealed class VmTemplate(SafeFileHandle memory, SafeFileHandle state) : IDisposable
{
    /// <summary>Bytes of the host's memory that it takes.</summary>
    public long Size => FileOwner.AllocatedBytes(NameOf(memory)) + FileOwner.AllocatedBytes(NameOf(state));

    /// <summary>For one VM, whatever becomes of the template meanwhile.</summary>
    public TemplateFiles Open() => new(Reopen(memory), Reopen(state));

    public void Dispose()
    {
        memory.Dispose();
        state.Dispose();
    }

    /// <summary>With a position of its own.</summary>
    private static SafeFileHandle Reopen(SafeFileHandle file) =>
        File.OpenHandle(NameOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private static string NameOf(SafeFileHandle file) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");
}

/// <summary>What one VMM inherits to restore a template.</summary>
internal sealed record TemplateFiles(SafeFileHandle Memory, SafeFileHandle State) : IDisposable
{
    public void Dispose()
    {
        Memory.Dispose();
        State.Dispose();
    }
}
