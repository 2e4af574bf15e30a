using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Templates;

/// <summary>The VM that becomes a template, from its start to its end.</summary>
internal sealed class TemplateBoot : IDisposable
{
    // native/agent/transport.c
    private const string Ready = "agent: waiting for a channel";
    private const string Agent = "agent: ";
    private const int TokenSize = 32;
    private const int MaxConsole = 1 << 20;
    private const int MaxState = 64 << 20;
    private readonly string _directory;
    private readonly VmmMessages _messages;
    private readonly Socket _monitor;
    private readonly Socket _console;
    private readonly Socket _state;
    private VmmProcess? _process;

    /// <param name="directory">Its own.</param>
    /// <param name="user">Who will run it; null: the daemon's own.</param>
    public TemplateBoot(string directory, uint? user)
    {
        _directory = directory;
        _messages = VmmMessages.Create(PathOf("messages"));
        _monitor = UnixListener.Open(PathOf("qmp.sock"));
        _console = UnixListener.Open(PathOf("console.sock"));
        _state = UnixListener.Open(StatePath);
        File.WriteAllBytes(TokenPath, new byte[TokenSize]);
        if (user is { } number)
        {
            JailFiles.Give([StatePath, TokenPath], number);
        }
    }

    /// <summary>Stands for the tokens of the VMs to come: zeros, which nobody takes for one.</summary>
    public string TokenPath => PathOf("token");

    /// <summary>Where the VMM sends the state.</summary>
    public string StatePath => PathOf("state.sock");

    public void Launch(VmmJail? jail, JailSpec spec, SafeFileHandle memory)
    {
        if (jail is null)
        {
            int pid = ChildProcess.Start(spec.Command[0], spec.Command, _messages.Handle, [_monitor.SafeHandle, _console.SafeHandle, memory]);
            _process = new(pid, PidFd.Open(pid), guard: null);
            return;
        }

        using JailedVmm vmm = jail.Start(spec, _messages.Handle, [_monitor.SafeHandle, _console.SafeHandle, memory], spec.Limits.Memory);
        _process = vmm.Process;
        OutOfMemoryScore.MakeVictim(_process.ProcessId);
        vmm.Release();
    }

    /// <summary>The state of the board when the agent waits for a channel. The VM does not go on.</summary>
    /// <exception cref="HypervisorException">It has not come so far, and why.</exception>
    public async Task<SafeFileHandle> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WaitForAgentAsync(cancellationToken).ConfigureAwait(false);
            return await SaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or HypervisorException && _messages.LastLine() is not null)
        {
            throw new HypervisorException($"{e.Message}: {_messages.LastLine()}", e);
        }
    }

    /// <summary>Returns when it is gone: nothing has its memory any more.</summary>
    public void Dispose()
    {
        if (_process is { } process)
        {
            process.Kill();
            process.ReapAsync().GetAwaiter().GetResult();
        }

        _monitor.Dispose();
        _console.Dispose();
        _state.Dispose();
        _messages.Dispose();
    }

    private async Task WaitForAgentAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf("console.sock")), cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        int length = 0;
        string last = "the guest said nothing";
        while (length < MaxConsole && await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Contains(Agent, StringComparison.Ordinal))
            {
                if (line.Contains(Ready, StringComparison.Ordinal))
                {
                    return;
                }

                throw new HypervisorException(Printable.OneLine(line, 200));
            }

            (last, length) = (line, length + line.Length);
        }

        throw new HypervisorException($"the guest ended: {Printable.OneLine(last, 200)}");
    }

    private async Task<SafeFileHandle> SaveAsync(CancellationToken cancellationToken)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(PathOf("qmp.sock"), cancellationToken).ConfigureAwait(false);

        // Not stopped before: the state says that the VM runs, and so the restored one does, as soon as it is complete.
        await qmp.LeaveSharedMemoryAsync(cancellationToken).ConfigureAwait(false);
        await qmp.ExecuteAsync("migrate", $$"""{"uri":"unix:{{StatePath}}"}""", cancellationToken).ConfigureAwait(false);
        SafeFileHandle state = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        if (await qmp.StatusAsync(cancellationToken).ConfigureAwait(false) is not "postmigrate" and var status)
        {
            state.Dispose();
            throw new HypervisorException($"its state can't be saved: the VM is {Printable.OneLine(status, 40)}");
        }

        return state;
    }

    private async Task<SafeFileHandle> ReceiveAsync(CancellationToken cancellationToken)
    {
        using Socket socket = await _state.AcceptAsync(cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[64 << 10];
        SafeFileHandle state = MemoryFile.Create("mvm-template-state", 0);
        long length = 0;
        for (int count = 1; count > 0; length += count)
        {
            count = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (length + count > MaxState)
            {
                state.Dispose();
                throw new HypervisorException("its state is too large");
            }

            RandomAccess.Write(state, buffer.AsSpan(0, count), length);
        }

        return state;
    }

    private string PathOf(string name) => Path.Combine(_directory, name);
}
