using System.IO.Pipes;

namespace MicroVm.Hypervisor.Jail;

/// <summary>A program in its jail that has not begun yet.</summary>
internal sealed class JailedVmm(VmmProcess process, AnonymousPipeServerStream block, Action confine)
{
    public VmmProcess Process => process;

    /// <summary>
    /// Lets it begin. It is moved into its control group meanwhile, for which the kernel waits until no process anywhere is
    /// in the middle of a fork: some 10 ms, which QEMU spends on its libraries. A VMM that can't be moved is ended.
    /// </summary>
    public void Release()
    {
        block.Dispose();
        _ = Task.Run(Confine);
    }

    private void Confine()
    {
        try
        {
            confine();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            process.Kill();
        }
    }
}
