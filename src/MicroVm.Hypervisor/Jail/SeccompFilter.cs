using System.Buffers.Binary;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// A BPF program for seccomp(2), x86-64: what no VMM asks for, and what an intruder would begin with, fails with EPERM. It
/// comes before QEMU's own filter, which QEMU sets when it has read its arguments.
/// </summary>
internal static class SeccompFilter
{
    private const uint ArchitectureX64 = 0xc000003e;
    private const uint FirstX32 = 0x40000000;
    private const int Clone = 56;
    private const int Clone3 = 435;
    private const int Unshare = 272;
    private const int ThreadGroupKill = 234;
    private const int ProcessLimit = 302; // prlimit64

    // CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    private const uint NewNamespaces = 0x80 | 0x20000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

    // struct seccomp_data
    private const int NumberOffset = 0;
    private const int ArchitectureOffset = 4;
    private const int FirstArgumentOffset = 16;

    private const ushort Load = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort Equal = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort AtLeast = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    private const ushort AnyBit = 0x45; // BPF_JMP | BPF_JSET | BPF_K
    private const ushort Return = 0x06;
    private const uint Allow = 0x7fff0000;
    private const uint KillProcess = 0x80000000;
    private const uint NotPermitted = 0x00050000 | 1;
    private const uint NoSuchCall = 0x00050000 | 38; // The C library then takes clone, whose flags can be looked at.

    // virtiofsd leaves its working directory to itself (unshare), shuts itself in (chroot), and makes what a guest wants made (mknod).
    private static readonly int[] s_serving = [Unshare, 161, 133, 259];

    private static readonly int[] s_denied =
    [
        101, // ptrace
        103, // syslog
        134, 135, // uselib, personality
        155, 161, 165, 166, 167, 168, // pivot_root, chroot, mount, umount2, swapon, swapoff
        169, 170, 171, 172, 173, // reboot, sethostname, setdomainname, iopl, ioperm
        175, 176, 246, 313, 320, // init_module, delete_module, kexec_load, finit_module, kexec_file_load
        163, 179, 180, 212, // acct, quotactl, nfsservctl, lookup_dcookie
        133, 259, // mknod, mknodat
        248, 249, 250, // add_key, request_key, keyctl
        256, 279, // migrate_pages, move_pages
        272, 308, // unshare, setns
        298, 300, 301, // perf_event_open, fanotify_init, fanotify_mark
        303, 304, // name_to_handle_at, open_by_handle_at
        310, 311, 312, // process_vm_readv, process_vm_writev, kcmp
        321, 323, // bpf, userfaultfd
        428, 429, 430, 431, 432, 433, 442, // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
        438, 440, // pidfd_getfd, process_madvise
    ];

    // What reaches other processes by their numbers, where those are the host's.
    private static readonly int[] s_deniedAmongOthers =
    [
        62, 200, 129, 297, 424, 434, // kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, pidfd_open
        109, 141, 142, 144, 203, 251, 314, // setpgid, setpriority, sched_setparam, sched_setscheduler, sched_setaffinity, ioprio_set, sched_setattr
    ];

    /// <summary>struct sock_filter, one after the other.</summary>
    /// <param name="among">The program's own number, where it has the host's; null: it is in a pid namespace of its own.</param>
    /// <param name="isServing">It is virtiofsd.</param>
    public static byte[] Build(int? among = null, bool isServing = false)
    {
        List<(ushort Code, byte True, byte False, uint Value)> program =
        [
            (Load, 0, 0, ArchitectureOffset),
            (Equal, 1, 0, ArchitectureX64),
            (Return, 0, 0, KillProcess),
            (Load, 0, 0, NumberOffset),
            (AtLeast, 0, 1, FirstX32),
            (Return, 0, 0, NotPermitted),
            (Equal, 0, 1, Clone3),
            (Return, 0, 0, NoSuchCall),
        ];
        foreach (int number in s_denied.Except(isServing ? s_serving : []).Concat(among is null ? [] : s_deniedAmongOthers))
        {
            program.AddRange([(Equal, 0, 1, (uint)number), (Return, 0, 0, NotPermitted)]);
        }

        if (among is { } self)
        {
            program.AddRange([.. OnlyFor(ThreadGroupKill, (uint)self), .. OnlyFor(ProcessLimit, (uint)self)]);
        }

        program.AddRange(
        [
            (Equal, 1, 0, Clone),
            (Equal, 0, 3, Unshare),
            (Load, 0, 0, FirstArgumentOffset),
            (AnyBit, 0, 1, NewNamespaces),
            (Return, 0, 0, NotPermitted),
            (Return, 0, 0, Allow),
        ]);
        return Encode(program);
    }

    /// <summary>A call whose first argument is a process, which must be the caller: by its number, or 0.</summary>
    private static (ushort Code, byte True, byte False, uint Value)[] OnlyFor(int call, uint self) =>
    [
        (Equal, 0, 5, (uint)call),
        (Load, 0, 0, FirstArgumentOffset),
        (Equal, 1, 0, 0),
        (Equal, 0, 1, self),
        (Return, 0, 0, Allow),
        (Return, 0, 0, NotPermitted),
    ];

    private static byte[] Encode(List<(ushort Code, byte True, byte False, uint Value)> program)
    {
        byte[] bytes = new byte[program.Count * 8];
        for (int i = 0; i < program.Count; i++)
        {
            Span<byte> instruction = bytes.AsSpan(i * 8, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(instruction, program[i].Code);
            (instruction[2], instruction[3]) = (program[i].True, program[i].False);
            BinaryPrimitives.WriteUInt32LittleEndian(instruction[4..], program[i].Value);
        }

        return bytes;
    }
}
