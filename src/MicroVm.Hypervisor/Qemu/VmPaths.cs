namespace MicroVm.Hypervisor.Qemu;

/// <summary>The files of one VM in its runtime directory.</summary>
internal sealed record VmPaths(string Directory)
{
    /// <summary>QMP.</summary>
    public string Monitor => Path.Combine(Directory, "qmp.sock");

    /// <summary>The agent channel, where it is a virtio-serial port.</summary>
    public string Channel => Path.Combine(Directory, "agent.sock");

    /// <summary>Where libvirt's child asks what to run.</summary>
    public string Launch => Path.Combine(Directory, "launch.sock");

    public string Token => Path.Combine(Directory, "token");

    /// <summary>
    /// Base name of two FIFOs, as QEMU's pipe back end wants them: with one for both ways QEMU would read back what the
    /// guest has printed.
    /// </summary>
    public string Console => Path.Combine(Directory, "console");

    /// <summary>FIFO: holds what the guest prints while nobody reads, and no more than that.</summary>
    public string ConsoleOutput => Console + ".out";

    /// <summary>FIFO that nobody writes to.</summary>
    public string ConsoleInput => Console + ".in";

    /// <summary>FIFO for what QEMU itself has to say.</summary>
    public string Messages => Path.Combine(Directory, "messages");

    /// <summary>pid and start time: which process it is, should the daemon restart.</summary>
    public string Process => Path.Combine(Directory, "process");

    public string Cid => Path.Combine(Directory, "cid");

    /// <summary>The number of the user that the VMM runs as.</summary>
    public string User => Path.Combine(Directory, "user");

    /// <summary>There while the VMM takes a template's state over: one that is found with it is no VM yet.</summary>
    public string Restoring => Path.Combine(Directory, "restoring");

    /// <summary>Where virtiofsd listens for the VMM.</summary>
    public string Shares => Path.Combine(Directory, "shares.sock");

    /// <summary>Which process virtiofsd is, as <see cref="Process"/>.</summary>
    public string SharesProcess => Path.Combine(Directory, "shares");

    /// <summary>The number of the user that virtiofsd runs as, where it has one of its own.</summary>
    public string SharesUser => Path.Combine(Directory, "shares.user");

    /// <summary>FIFO for what virtiofsd has to say.</summary>
    public string SharesMessages => Path.Combine(Directory, "shares.messages");

    public void Remove()
    {
        string[] files =
        [
            Monitor, Channel, Launch, Token, ConsoleOutput, ConsoleInput, Messages, Process, Cid, User, Restoring, Shares, SharesProcess, SharesUser, SharesMessages,
        ];
        foreach (string file in files)
        {
            File.Delete(file);
        }
    }
}
