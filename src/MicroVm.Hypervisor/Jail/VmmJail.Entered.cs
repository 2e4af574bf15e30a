using System.IO.Pipes;
using System.Runtime.InteropServices;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Jail;

/// <summary>Jails for programs that another starts: made beside, and entered (setns(2)).</summary>
internal sealed partial class VmmJail
{
    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC.
    private const int OwnNamespaces = 0x20000 | 0x02000000 | 0x04000000 | 0x08000000;
    private const int NetworkNamespace = 0x40000000;
    private const int UserNamespace = 0x10000000;
    private const int FirstFd = 3;

    /// <summary>Like <see cref="Start"/>, for a program that is to become this one.</summary>
    /// <param name="keeper">Absolute path of mvm-emulator, which the jail shows.</param>
    /// <param name="inherited">The agent's channel, then the taps.</param>
    /// <exception cref="HypervisorException">The host lacks, or does not allow, something that the jail needs.</exception>
    public JailedVmm Enter(JailSpec spec, IJailEntrant entrant, string keeper, SafeHandle output, IReadOnlyList<SafeHandle> inherited, long fileSize)
    {
        HeldJail? held = null;
        try
        {
            CreateGroup(spec);
            held = Hold(spec with { Command = [keeper, "hold"], ReadOnlyFiles = [.. spec.ReadOnlyFiles, keeper] });
            Limit(entrant.ProcessId, spec, fileSize);
            VmmProcess process = new(entrant.ProcessId, PidFd.Open(entrant.ProcessId), guard: null);
            return new(
                process, () => Begin(spec, entrant, held, output, inherited), held, () => Confine(spec.Id, spec.HasControlGroup ? [process.ProcessId] : []));
        }
        catch
        {
            held?.Dispose();
            Groups.Delete(spec.Id);
            throw;
        }
    }

    private static void Begin(JailSpec spec, IJailEntrant entrant, HeldJail held, SafeHandle output, IReadOnlyList<SafeHandle> inherited)
    {
        using AnonymousPipeServerStream filter = Filled(SeccompFilter.Build(among: entrant.ProcessId));
        int namespaces = OwnNamespaces | (spec.SharesNetwork ? 0 : NetworkNamespace) | (spec.User is null ? UserNamespace : 0);
        try
        {
            entrant.Become(namespaces, JailCommandLine.Program(spec), output, inherited, [filter.ClientSafePipeHandle, held.Process]);
        }
        finally
        {
            CloseFarEnds(filter);
        }
    }

    private HeldJail Hold(JailSpec spec)
    {
        string bubblewrap = FindBubblewrap();
        string tree = PrepareTree(spec);
        using AnonymousPipeServerStream filter = Filled(s_filter);
        using var information = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        using var words = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        var hold = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        try
        {
            int guardId = ChildProcess.Start(
                bubblewrap,
                [bubblewrap, .. JailCommandLine.Build(spec, tree, information: FirstFd + 1, block: null, filter: FirstFd + 2, users: null)],
                words.ClientSafePipeHandle,
                [hold.ClientSafePipeHandle, information.ClientSafePipeHandle, filter.ClientSafePipeHandle]);
            CloseFarEnds(information, words, hold, filter);
            return Held(guardId, hold, information, words);
        }
        catch
        {
            CloseFarEnds(information, words, hold, filter);
            hold.Dispose();
            throw;
        }
    }

    private static HeldJail Held(int guardId, AnonymousPipeServerStream hold, Stream information, Stream words)
    {
        PidFd guard = PidFd.Open(guardId);
        PidFd? process = null;
        try
        {
            int? pid = ReadProcessId(information);
            process = pid is { } number ? PidFd.Open(number) : null;
            HeldJail.WaitFor(words);
            return new(hold, pid!.Value, process!, guard);
        }
        catch
        {
            guard.Signal(SigKill);
            process?.Signal(SigKill);
            _ = new VmmProcess(guardId, process ?? guard, guard).ReapAsync();
            throw;
        }
    }
}
