namespace MicroVm.Hypervisor.Jail;

/// <summary>A program in its jail that has not begun yet.</summary>
/// <param name="begin">What makes it begin beside the gate; null: nothing.</param>
/// <param name="gate">Holds it back.</param>
/// <param name="confine">Moves it into its control group.</param>
internal sealed class JailedVmm(VmmProcess process, Action? begin, IDisposable gate, Action confine) : IDisposable
{
    public VmmProcess Process => process;

    /// <summary>
    /// Lets it begin. It is moved into its control group meanwhile, for which the kernel waits until no process anywhere is
    /// in the middle of a fork: some 10 ms, which QEMU spends on its libraries. A VMM that can't be moved is ended.
    /// </summary>
    public void Release()
    {
        begin?.Invoke();
        gate.Dispose();
        _ = Task.Run(Confine);
    }

    /// <summary>It is not to be released.</summary>
    public void End()
    {
        process.Kill();
        _ = process.ReapAsync();
        gate.Dispose();
    }

    /// <summary>Of one that is not released: it has been ended.</summary>
    public void Dispose() => gate.Dispose();

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
