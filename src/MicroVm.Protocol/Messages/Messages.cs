namespace MicroVm.Protocol.Messages;

// The definition of the wire protocol, version 1. The C side (native/agent/generated), the C# codec (Generated), the
// tables in README.md and the snapshot that the tests hold are all generated from this file: after a change run
// `make generate`. README.md in this project tells the whole protocol. Strings hold no NUL character.
//
// Life of a connection: each end begins with a preamble (README.md, "Preamble"). The host sends Hello, and may pipeline
// Setup and Start behind it. Streams are numbered by the host; 0 is none; a number is used once in a VM's life. Every
// stream counts bytes from 0; Data carries the absolute offset of its first byte, Ack says up to which offset the
// receiver has taken the bytes over. A sender may have at most Hello's window bytes unacknowledged per stream.
//
// After a lost connection: the guest keeps output until it is acknowledged, and the input it has received. HelloReply
// lists every process with the offsets of its streams. The host continues its input at StdinReceived, and sends Ack
// with the offset it has (at least StdoutAcked) for each output stream; before that Ack the guest sends nothing on a
// stream that belonged to an earlier connection. Then the guest sends again: the unacknowledged bytes, End, Exited.
// A host that has no more to read on a stream whose end it has already seen sends Stop instead.
//
// Replies of the guest come in the order of the requests. Every other message has id 0.
// Messages about a stream or process that the receiving guest does not know are ignored (they crossed a Forget).

/// <summary>First message on every connection. Anything else first, or a wrong token, ends the connection.</summary>
[Message(1, Direction.HostToGuest)]
public sealed record Hello(
    [property: Key(0)] uint MinVersion,
    [property: Key(1)] uint MaxVersion,
    // The VM's random token. The guest knows it from fw_cfg (opt/mvm/token).
    [property: Key(2), Limit(32)] byte[] Token,
    // Host wall clock, nanoseconds since the Unix epoch; the guest sets its clock from it. 0: leave it.
    [property: Key(3)] ulong WallClock,
    // Bytes of one stream that may be unacknowledged, both ways (4096–1048576).
    [property: Key(4)] uint Window,
    // Random bytes for the guest kernel's pool; may be empty.
    [property: Key(5), Limit(64)] byte[] Seed) : IRequest<HelloReply>;

/// <summary>The guest's answer to Hello.</summary>
[Message(2, Direction.GuestToHost)]
public sealed record HelloReply(
    [property: Key(0)] uint Version,
    // The token again: the peer is the guest that was given it.
    [property: Key(1), Limit(32)] byte[] Token,
    [property: Key(2), Limit(64)] string AgentBuild,
    [property: Key(3), Limit(128)] string KernelRelease,
    // MemTotal of the guest, bytes.
    [property: Key(4)] ulong MemoryTotal,
    // MemAvailable when the agent answered, bytes.
    [property: Key(5)] ulong MemoryAvailable,
    // Nanoseconds since the guest kernel started.
    [property: Key(6)] ulong Uptime,
    // True when Setup was done on an earlier connection.
    [property: Key(7)] bool IsSetUp,
    // Every process that was started and not forgotten, ended ones too.
    [property: Key(8), Limit(ProtocolLimits.MaxProcesses)] IReadOnlyList<ProcessState> Processes) : IMessage;

/// <summary>A process as a new connection finds it.</summary>
[Struct]
public sealed record ProcessState(
    [property: Key(0)] uint Process,
    // The pid in the VM's own pid namespace; 0 when it has ended.
    [property: Key(1)] uint Pid,
    // Its streams' numbers, as in Start; 0 for none, or stopped.
    [property: Key(2)] uint Stdin,
    [property: Key(3)] uint Stdout,
    [property: Key(4)] uint Stderr,
    // The host's next Data on Stdin begins here; all before is in the guest's hands.
    [property: Key(5)] ulong StdinReceived,
    // What the guest has acknowledged of Stdin: at most StdinReceived.
    [property: Key(6)] ulong StdinAcked,
    // End was received: nothing more may come.
    [property: Key(7)] bool StdinEnded,
    // The first byte the guest still has of each output stream: what it was told by Ack.
    [property: Key(8)] ulong StdoutAcked,
    [property: Key(9)] ulong StderrAcked);

/// <summary>A request succeeded and has nothing more to say.</summary>
[Message(3, Direction.GuestToHost)]
public sealed record Ok() : IMessage;

/// <summary>What kind of failure a request met; the host maps it to an exit code.</summary>
public enum FailureKind : uint
{
    /// <summary>Anything else (exit code 125).</summary>
    Internal = 0,
    /// <summary>The executable was not found (127).</summary>
    NotFound = 1,
    /// <summary>The executable could not be run: permission, format (126).</summary>
    NotExecutable = 2,
    /// <summary>A user or group the image does not know (126, as Docker).</summary>
    UnknownUser = 3,
    /// <summary>The request itself is wrong, or comes at the wrong time.</summary>
    InvalidRequest = 4,
    /// <summary>No process with that id.</summary>
    NoSuchProcess = 5,
    /// <summary>The working directory can't be entered or made (126/127 by errno).</summary>
    WorkingDirectory = 6,
    /// <summary>A mount failed.</summary>
    Mount = 7,
}

/// <summary>A request failed.</summary>
[Message(4, Direction.GuestToHost)]
public sealed record Failure(
    [property: Key(0)] FailureKind Kind,
    // Linux errno, 0 where none applies.
    [property: Key(1)] uint Errno,
    // One line in the words that Docker's runtime uses.
    [property: Key(2), Limit(1024)] string Message) : IMessage;

/// <summary>Prepares the container's file system, names and network. Once per VM, before the first Start.</summary>
[Message(5, Direction.HostToGuest)]
public sealed record Setup(
    [property: Key(0)] RootFileSystem Root,
    [property: Key(1), Limit(64)] string Hostname,
    [property: Key(2), Limit(64)] string Domainname,
    [property: Key(3), Limit(256)] IReadOnlyList<Mount> Mounts,
    // Files made on a tmpfs and bound over the container's own (/etc/hosts and the like).
    [property: Key(4), Limit(16)] IReadOnlyList<InjectedFile> Files,
    [property: Key(5), Limit(8)] IReadOnlyList<NetworkInterface> Interfaces,
    [property: Key(6), Limit(64)] IReadOnlyList<Sysctl> Sysctls,
    [property: Key(7), Limit(64, Element = 4096)] IReadOnlyList<string> MaskedPaths,
    [property: Key(8), Limit(64, Element = 4096)] IReadOnlyList<string> ReadonlyPaths,
    // All devices, writable /sys and cgroups, as Docker's --privileged.
    [property: Key(9)] bool Privileged,
    // Size of /dev/shm, bytes.
    [property: Key(10)] ulong ShmSize) : IRequest<Ok>;

/// <summary>The disks that make the root. Slots are virtio-mmio slots (0–7).</summary>
[Struct]
public sealed record RootFileSystem(
    [property: Key(0)] uint RootSlot,
    [property: Key(1)] uint ScratchSlot,
    [property: Key(2)] bool ReadOnly);

/// <summary>A mount inside the container, after the standard ones (/proc, /sys, /dev …).</summary>
[Struct]
public sealed record Mount(
    // File system type: <c>tmpfs</c>, <c>proc</c>, <c>sysfs</c>, <c>mqueue</c>, <c>cgroup2</c>; or <c>share</c>.
    [property: Key(0), Limit(32)] string Type,
    // Of a share: its number, and what of it: <c>0</c>, <c>0/some/path</c>.
    [property: Key(1), Limit(4096)] string Source,
    // Absolute path in the container; resolved inside its root; made when missing.
    [property: Key(2), Limit(4096)] string Target,
    // MS_* flags of mount(2); of a share MS_RDONLY, MS_NOSUID, MS_NODEV and MS_NOEXEC.
    [property: Key(3)] ulong Flags,
    [property: Key(4), Limit(4096)] string Data,
    // A share that is an empty directory gets what the image has at Target first.
    [property: Key(5)] bool Populate = false);

[Struct]
public sealed record InjectedFile(
    [property: Key(0), Limit(4096)] string Path,
    [property: Key(1)] uint Mode,
    [property: Key(2), Limit(65536)] byte[] Content);

/// <summary>One network interface: the virtio-net device in a slot, and its static configuration.</summary>
[Struct]
public sealed record NetworkInterface(
    [property: Key(0)] uint Slot,
    // Its name in the container: eth0.
    [property: Key(1), Limit(15)] string Name,
    // Addresses with prefix: 10.0.2.15/24.
    [property: Key(2), Limit(8, Element = 64)] IReadOnlyList<string> Addresses,
    // Default gateways (IPv4 and IPv6), may be empty.
    [property: Key(3), Limit(2, Element = 64)] IReadOnlyList<string> Gateways,
    // 0: the device's default.
    [property: Key(4)] uint Mtu,
    // Six bytes, or empty: leave the device's own.
    [property: Key(5), Limit(6)] byte[] MacAddress);

[Struct]
public sealed record Sysctl(
    [property: Key(0), Limit(256)] string Name,
    [property: Key(1), Limit(1024)] string Value);

/// <summary>Starts a process: the container's own (once, Init) or one more in its namespaces.</summary>
[Message(6, Direction.HostToGuest)]
public sealed record Start(
    // The host's number for this process; unique in the VM's life, not 0. More than MaxProcesses: Failure.
    [property: Key(0)] uint Process,
    // True: PID 1 of the container. Its end ends the container.
    [property: Key(1)] bool Init,
    [property: Key(2), Limit(4096, Element = 131072)] IReadOnlyList<string> Arguments,
    // KEY=VALUE. The agent adds HOME from the user's passwd entry where it is missing.
    [property: Key(3), Limit(4096, Element = 131072)] IReadOnlyList<string> Environment,
    // Working directory; made when missing. Empty means /.
    [property: Key(4), Limit(4096)] string WorkingDirectory,
    // As Docker's --user: name or uid, optionally ":" group. Empty: root. Looked up in the image.
    [property: Key(5), Limit(256)] string User,
    // Additional groups, names or numbers (--group-add).
    [property: Key(6), Limit(256, Element = 256)] IReadOnlyList<string> Groups,
    // Capability mask: bounding set; also permitted and effective where the user is root.
    [property: Key(7)] ulong Capabilities,
    [property: Key(8)] bool NoNewPrivileges,
    [property: Key(9), Limit(32)] IReadOnlyList<ResourceLimit> ResourceLimits,
    // A pseudo-terminal as stdin, stdout and stderr. Then Stdout is its output, Stderr is 0.
    [property: Key(10)] bool Terminal,
    [property: Key(11)] uint Rows,
    [property: Key(12)] uint Columns,
    // Stream numbers, 0 for none (/dev/null).
    [property: Key(13)] uint Stdin,
    [property: Key(14)] uint Stdout,
    [property: Key(15)] uint Stderr,
    [property: Key(16)] int OomScoreAdjust,
    // True: a minimal init of the agent's own is PID 1, forwards signals and reaps (--init).
    [property: Key(17)] bool Reaper) : IRequest<Started>;

/// <summary>An rlimit. Numbers are Linux's RLIMIT_*; ulong.MaxValue is unlimited.</summary>
[Struct]
public sealed record ResourceLimit(
    [property: Key(0)] uint Resource,
    [property: Key(1)] ulong Soft,
    [property: Key(2)] ulong Hard);

/// <summary>Reply to Start: the program is running (execve has succeeded).</summary>
[Message(7, Direction.GuestToHost)]
public sealed record Started(
    // The pid in the VM's own pid namespace.
    [property: Key(0)] uint Pid) : IMessage;

/// <summary>
/// A process has ended. Sent again on every new connection until the host sends Forget. Its output streams end on
/// their own (End), which may be later if its children hold them.
/// </summary>
[Message(8, Direction.GuestToHost)]
public sealed record Exited(
    [property: Key(0)] uint Process,
    // Exit status 0–255, or 128 + signal.
    [property: Key(1)] uint Status,
    // The signal that ended it, else 0.
    [property: Key(2)] uint Signal,
    // The guest kernel's OOM killer ended a process of the container.
    [property: Key(3)] bool OutOfMemory) : IMessage;

/// <summary>The host has taken Exited over; the guest drops the process and its streams. No reply.</summary>
[Message(9, Direction.HostToGuest)]
public sealed record Forget([property: Key(0)] uint Process) : IMessage;

/// <summary>Sends a signal to a process (for Init: to the container's PID 1). Reply: Ok or Failure.</summary>
[Message(10, Direction.HostToGuest)]
public sealed record Kill(
    [property: Key(0)] uint Process,
    [property: Key(1)] uint Signal) : IRequest<Ok>;

/// <summary>Sets the window size of a process's terminal. Reply: Ok or Failure.</summary>
[Message(11, Direction.HostToGuest)]
public sealed record Resize(
    [property: Key(0)] uint Process,
    [property: Key(1)] uint Rows,
    [property: Key(2)] uint Columns) : IRequest<Ok>;

/// <summary>Kills what still runs, syncs and unmounts, answers Ok, then stops the VM.</summary>
[Message(12, Direction.HostToGuest)]
public sealed record Shutdown() : IRequest<Ok>;

/// <summary>How much the container uses.</summary>
[Message(13, Direction.HostToGuest)]
public sealed record Measure() : IRequest<Measurement>;

/// <summary>
/// Answer to Measure: files of the container's cgroup (cgroups(7)), by their names in it, and of /proc, by their paths. What
/// the guest does not have is missing; what is longer is cut.
/// </summary>
[Message(14, Direction.GuestToHost)]
public sealed record Measurement(
    // Nanoseconds since the guest kernel started.
    [property: Key(0)] ulong Uptime,
    [property: Key(1), Limit(16)] IReadOnlyList<KernelFile> Files) : IMessage;

[Struct]
public sealed record KernelFile(
    [property: Key(0), Limit(64)] string Name,
    [property: Key(1), Limit(4096)] byte[] Content);

/// <summary>The container's processes, by rising pid. Asked again, behind the last of a list, while there are more.</summary>
[Message(15, Direction.HostToGuest)]
public sealed record ListProcesses(
    // Only those with a greater pid.
    [property: Key(0)] uint After) : IRequest<ProcessList>;

/// <summary>Answer to ListProcesses.</summary>
[Message(21, Direction.GuestToHost)]
public sealed record ProcessList(
    // Nanoseconds since the guest kernel started.
    [property: Key(0)] ulong Uptime,
    [property: Key(1), Limit(256)] IReadOnlyList<ProcessInfo> Processes,
    [property: Key(2)] bool More) : IMessage;

[Struct]
public sealed record ProcessInfo(
    // In the VM's own pid namespace.
    [property: Key(0)] uint Pid,
    // The effective user, a number of the image's.
    [property: Key(1)] uint Uid,
    // /proc/PID/stat (proc(5)).
    [property: Key(2), Limit(ProtocolLimits.MaxProcessText)] byte[] Stat,
    // /proc/PID/cmdline: each argument ends with a NUL byte. Empty for a zombie; cut where it is longer.
    [property: Key(3), Limit(ProtocolLimits.MaxProcessText)] byte[] Arguments);

/// <summary>What Adjust says of the container's processes.</summary>
public enum Stillness : uint
{
    /// <summary>They go on or stand still as before.</summary>
    Leave = 0,
    /// <summary>They stand still, whatever else wants them to, until Release.</summary>
    Hold = 1,
    /// <summary>They go on, unless something else wants them to stand still.</summary>
    Release = 2,
}

/// <summary>Changes what may change while the container runs. 0 leaves a value as it is; for a limit ulong.MaxValue takes it away.</summary>
[Message(22, Direction.HostToGuest)]
public sealed record Adjust(
    // Nanoseconds since the Unix epoch. The guest's clock stands still while the VM is paused.
    [property: Key(0)] ulong WallClock,
    // Bytes of the container's cgroup.
    [property: Key(1)] ulong MemoryLimit,
    // Processes and threads of the container's cgroup.
    [property: Key(2)] ulong ProcessLimit,
    // Asking twice for the same is the same as once.
    [property: Key(3)] Stillness Stillness = Stillness.Leave) : IRequest<Ok>;

/// <summary>Bytes of a stream, at least one.</summary>
[Message(16, Direction.Both)]
public sealed record Data(
    [property: Key(0)] uint Stream,
    // Offset of the first byte; always the sender's next unsent one.
    [property: Key(1)] ulong Offset,
    [property: Key(2), Limit(ProtocolLimits.MaxData)] byte[] Bytes) : IMessage;

/// <summary>
/// The receiver has taken all bytes below Offset over. Never above what was sent; never below an earlier one.
/// </summary>
[Message(17, Direction.Both)]
public sealed record Ack(
    [property: Key(0)] uint Stream,
    [property: Key(1)] ulong Offset) : IMessage;

/// <summary>
/// End of a stream: its whole length is Offset. For stdin it closes the process's stdin once the bytes before are taken; a
/// process with a terminal does not see it.
/// </summary>
[Message(18, Direction.Both)]
public sealed record End(
    [property: Key(0)] uint Stream,
    [property: Key(1)] ulong Offset) : IMessage;

/// <summary>
/// The receiver takes no more of a stream: the sender drops what it has. The guest sends it when a process has closed
/// its stdin; the host when nobody will ever read an output (the process then meets a closed pipe).
/// </summary>
[Message(19, Direction.Both)]
public sealed record Stop([property: Key(0)] uint Stream) : IMessage;

/// <summary>Last message before an end that the sender decided on: why.</summary>
[Message(20, Direction.Both)]
public sealed record Goodbye([property: Key(0), Limit(1024)] string Reason) : IMessage;

/// <summary>What of the agent's own StartTool runs.</summary>
public enum ToolKind : uint
{
    /// <summary>Writes what stands at Path: five texts, each ended by a NUL (README.md, "Tools").</summary>
    Stat = 0,
    /// <summary>As Stat, then a tar archive of it.</summary>
    Archive = 1,
    /// <summary>A tar archive of the container's whole file system, without what is mounted in it.</summary>
    Export = 2,
    /// <summary>Unpacks the tar archive on Stdin into the directory at Path.</summary>
    Extract = 3,
    /// <summary>What differs from the image: a kind (0 changed, 1 added, 2 deleted), the path, a NUL; again and again.</summary>
    Changes = 4,
    /// <summary>The same as an image layer: a tar archive with whiteouts.</summary>
    Layer = 5,
}

/// <summary>
/// Starts a tool of the agent on the container's file system, after Setup; the container's own process may run or not. A tool is a
/// process like others: streams, Exited, Forget, Kill. Status 0: done; 2: no file at Path; 3: the request can't be carried
/// out as it is; else it failed. Stderr is one line that says why.
/// </summary>
[Message(23, Direction.HostToGuest)]
public sealed record StartTool(
    // As Start's: one row of numbers for both.
    [property: Key(0)] uint Process,
    [property: Key(1)] ToolKind Tool,
    // Absolute, in the container; its last symlink is followed by Extract, and by the others behind a slash.
    [property: Key(2), Limit(4096)] string Path,
    // Archive: what the file at Path is called in the archive; empty: the names begin with a slash.
    [property: Key(3), Limit(4096)] string Name,
    // Extract: who everything is to belong to, as Start's User; empty: whom the archive says.
    [property: Key(4), Limit(256)] string User,
    // Extract: a directory is replaced by nothing else, and nothing else by a directory.
    [property: Key(5)] bool KeepKinds,
    // Extract: all is on the disk before the tool ends.
    [property: Key(6)] bool Sync,
    // The container's processes stand still meanwhile.
    [property: Key(7)] bool Freeze,
    [property: Key(8)] uint Stdin,
    [property: Key(9)] uint Stdout,
    [property: Key(10)] uint Stderr) : IRequest<Started>;
