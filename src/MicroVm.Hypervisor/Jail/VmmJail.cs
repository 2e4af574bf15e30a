using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text.Json;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// Confines VMMs: own user without privileges, own namespaces, own root with the VM's files, own control group
/// (bubblewrap makes the namespaces and the root, setpriv(1) takes the privileges away). What faces a hostile guest has nothing to steal.
/// </summary>
internal sealed partial class VmmJail
{
    private const int SigKill = 9;
    private const ulong LockedMemory = 64 << 10;
    private const ulong LeastFileSize = 1 << 20;
    private static readonly byte[] s_filter = SeccompFilter.Build();
    private static readonly byte[] s_servingFilter = SeccompFilter.Build(isServing: true);
    private readonly string? _bubblewrap;
    private readonly Lazy<ProgramTree> _tree;

    /// <param name="directory">Where the VMM's binary and libraries are kept for the jails to show; made when needed.</param>
    /// <param name="program">Finds the VMM; not asked before the first start.</param>
    /// <param name="data">Files that it reads.</param>
    public VmmJail(JailOptions options, string directory, Func<string> program, Func<string, IReadOnlyList<string>> data)
    {
        _bubblewrap = options.BubblewrapPath;
        Users = Environment.IsPrivilegedProcess ? new VmUsers(options.Users, new(options.ClaimsDirectory)) : null;
        Groups = Users is null ? new("", []) : new(options.ControlGroupParent, File.ReadLines("/proc/self/mounts"));
        _tree = new(() => MakeTree(directory, program(), data), LazyThreadSafetyMode.PublicationOnly);
    }

    private VmmJail(VmmJail other, string directory, Func<string> program)
    {
        (_bubblewrap, Users, Groups) = (other._bubblewrap, other.Users, other.Groups);
        _tree = new(() => MakeTree(directory, program(), _ => []), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Null where the daemon is not root: VMs then run as its own user.</summary>
    public VmUsers? Users { get; }

    public ControlGroups Groups { get; }

    /// <summary>Confines another program beside these VMMs, in their control groups.</summary>
    /// <param name="directory">As for the VMM's.</param>
    /// <param name="program">Finds it; not asked before the first start.</param>
    public VmmJail For(string directory, Func<string> program) => new(this, directory, program);

    /// <summary>
    /// Starts a program that waits for <see cref="JailedVmm.Release"/>: what must be known of it before it runs can be
    /// written first.
    /// </summary>
    /// <param name="output">What its stdout and stderr are.</param>
    /// <param name="inherited">Becomes descriptors 3, 4, … of the program.</param>
    /// <param name="fileSize">Bytes that no file of it may grow over.</param>
    /// <exception cref="HypervisorException">The host lacks, or does not allow, something that the jail needs.</exception>
    public JailedVmm Start(JailSpec spec, SafeHandle output, IReadOnlyList<SafeHandle> inherited, long fileSize)
    {
        string bubblewrap = FindBubblewrap();
        using AnonymousPipeServerStream filter = Filled(spec.Capabilities is null ? s_filter : s_servingFilter);
        using var information = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        var block = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        try
        {
            CreateGroup(spec);
            string tree = PrepareTree(spec);
            int own = FirstFd + inherited.Count;
            int? users = spec.UserNamespace is null ? null : own + 3;
            int guardId = ChildProcess.Start(
                bubblewrap,
                [bubblewrap, .. JailCommandLine.Build(spec, tree, information: own, block: own + 1, filter: own + 2, users)],
                output,
                [
                    .. inherited, information.ClientSafePipeHandle, block.ClientSafePipeHandle, filter.ClientSafePipeHandle,
                    .. spec.UserNamespace is { } handle ? [handle] : Array.Empty<SafeHandle>(),
                ]);
            CloseFarEnds(information, block, filter);
            return Take(spec, guardId, information, block, fileSize);
        }
        catch
        {
            CloseFarEnds(information, block, filter);
            block.Dispose();
            Groups.Delete(spec.Id);
            throw;
        }
    }

    private void CreateGroup(JailSpec spec)
    {
        if (spec.HasControlGroup)
        {
            Groups.Create(spec.Id, spec.Limits);
        }
    }

    /// <summary>The programs, with room for the VM's files.</summary>
    private string PrepareTree(JailSpec spec)
    {
        string tree = _tree.Value.Current();
        if (Users is { Vms: 1 })
        {
            _tree.Value.RemoveOthers(); // None but the VM that is being started could look at them.
        }

        foreach (string path in (string[])[.. spec.ReadOnlyFiles, .. spec.WritableFiles])
        {
            ProgramTree.Reserve(tree, path);
        }

        return tree;
    }

    private JailedVmm Take(JailSpec spec, int guardId, AnonymousPipeServerStream information, AnonymousPipeServerStream block, long fileSize)
    {
        PidFd guard = PidFd.Open(guardId);
        PidFd? process = null;
        try
        {
            int pid = ReadProcessId(information)
                ?? throw new HypervisorException("the jail of the VM could not be made");
            process = PidFd.Open(pid);
            Limit(pid, spec, fileSize);
            return new(new VmmProcess(pid, process, guard), begin: null, block, () => Confine(spec.Id, [pid, guardId]));
        }
        catch
        {
            guard.Signal(SigKill);
            process?.Signal(SigKill);
            _ = new VmmProcess(guardId, process ?? guard, guard).ReapAsync();
            throw;
        }
    }

    private string FindBubblewrap() => _bubblewrap ?? HostProgram.Find("bwrap")
        ?? throw new HypervisorException("bwrap, which confines virtual machines, not found: apt-get install bubblewrap");

    private ProgramTree MakeTree(string directory, string program, Func<string, IReadOnlyList<string>> data) =>
        new(directory, Users is null ? [program] : [program, JailCommandLine.SetPrivileges], data(program));

    /// <summary>Puts a VM's processes into its control group; those that have ended need none.</summary>
    public void Confine(string id, IEnumerable<int> processes)
    {
        foreach (int pid in processes.Where(pid => Directory.Exists($"/proc/{pid}")))
        {
            Groups.Add(id, pid);
        }
    }

    /// <summary>The child has its own; disposing a pipe leaves an end alone that was once handed out.</summary>
    private static void CloseFarEnds(params ReadOnlySpan<AnonymousPipeServerStream> pipes)
    {
        foreach (AnonymousPipeServerStream pipe in pipes)
        {
            pipe.DisposeLocalCopyOfClientHandle();
        }
    }

    /// <summary>A pipe with a few bytes in it, and their end behind them.</summary>
    private static AnonymousPipeServerStream Filled(byte[] content)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        pipe.Write(content);
        pipe.SafePipeHandle.Dispose();
        return pipe;
    }

    /// <summary>"child-pid" in bubblewrap's JSON; null when it has ended before.</summary>
    private static int? ReadProcessId(Stream information)
    {
        using var text = new MemoryStream();
        information.CopyTo(text);
        if (text.Length == 0)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(text.ToArray());
        return document.RootElement.GetProperty("child-pid").GetInt32();
    }

    private static void Limit(int pid, JailSpec spec, long fileSize)
    {
        ResourceLimits.Set(pid, ResourceLimit.Core, 0); // A core holds all that the guest knows.
        ResourceLimits.SetAtMost(pid, ResourceLimit.OpenFiles, spec.OpenFiles);
        ResourceLimits.Set(pid, ResourceLimit.LockedMemory, LockedMemory);
        ResourceLimits.Set(pid, ResourceLimit.FileSize, Math.Max((ulong)fileSize, LeastFileSize));
        if (spec.User is not null)
        {
            ResourceLimits.Set(pid, ResourceLimit.Processes, (ulong)spec.Limits.Tasks);
        }
    }
}
