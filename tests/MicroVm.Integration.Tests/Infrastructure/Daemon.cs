using System.Diagnostics;
using System.Net.Sockets;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>One mvmd with its own root and run directory, and the two clients pointed at it.</summary>
public sealed class Daemon : IAsyncDisposable
{
    // A file named in HIDE is not what it was, for the daemon alone. USER_ID runs it as that user, who finds it in the directory AT.
    // NETNS has it live on the network of that process, with the file RESOLV for its name servers.
    private const string Launch = """
        [ -z "$USER_ID" ] || exec unshare -m sh -c 'mount --bind "${0%/daemon/*}" "$AT" && exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups "$AT/daemon/mvmd" "$@" >>"$LOG" 2>&1' "$0" "$@"
        [ -z "$NETNS" ] || exec nsenter -t "$NETNS" -n unshare -m sh -c 'mount --bind "$RESOLV" /etc/resolv.conf && exec "$0" "$@" >>"$LOG" 2>&1' "$0" "$@"
        [ -z "$HIDE" ] || exec unshare -m sh -c 'mount --bind /dev/null "$HIDE" && exec "$0" "$@" >>"$LOG" 2>&1' "$0" "$@"
        exec "$0" "$@" >>"$LOG" 2>&1
        """;

    private readonly Dictionary<string, string> _environment;
    private Process? _process;
    private bool _hasOwnFileSystem;

    private Daemon(string directory)
    {
        Directory = directory;
        Socket = Path.Combine(RunDirectory, "mvm.sock");
        _environment = new()
        {
            ["MVM_HOST"] = "unix://" + Socket,
            ["DOCKER_HOST"] = "unix://" + Socket,
            ["DOCKER_CONFIG"] = Path.Combine(directory, "docker-config"),
        };
    }

    public string Directory { get; }

    public string Root => Path.Combine(Directory, "root");

    public string RunDirectory => Path.Combine(Directory, "run");

    public string Socket { get; }

    public int ProcessId => _process?.Id ?? 0;

    public IReadOnlyDictionary<string, string> ClientEnvironment => _environment;

    /// <param name="rootSize">Bytes of a file system of its own for the daemon's state; 0: none of its own.</param>
    public static async Task<Daemon> StartAsync(
        string configuration = "{}", IReadOnlyDictionary<string, string>? environment = null, long rootSize = 0)
    {
        // Short, because a Unix socket's path has at most 107 bytes.
        var daemon = new Daemon(System.IO.Directory.CreateTempSubdirectory("mvm-").FullName);
        await File.WriteAllTextAsync(Path.Combine(daemon.Directory, "daemon.json"), configuration);
        if (rootSize > 0)
        {
            await daemon.MountRootAsync(rootSize);
        }

        await daemon.RestartAsync(environment);
        return daemon;
    }

    /// <summary>One that is not root; the programs are mounted in its directory, so that it can reach them.</summary>
    public static async Task<Daemon> StartAsync(uint user)
    {
        var daemon = new Daemon(System.IO.Directory.CreateTempSubdirectory("mvm-").FullName);
        await File.WriteAllTextAsync(Path.Combine(daemon.Directory, "daemon.json"), "{}");
        string programs = System.IO.Directory.CreateDirectory(Path.Combine(daemon.Directory, "dist")).FullName;
        (await Command.RunAsync("chown", ["-R", $"{user}:{user}", daemon.Directory])).Succeeded();
        await daemon.RestartAsync(new Dictionary<string, string> { ["USER_ID"] = $"{user}", ["AT"] = programs, ["HOME"] = daemon.Directory });
        return daemon;
    }

    /// <summary>Starts the daemon (again); returns when it takes connections.</summary>
    public async Task RestartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        string log = Path.Combine(Directory, "mvmd.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", Launch, TestEnvironment.Mvmd,
            "--root", Root, "--run-dir", RunDirectory, "--config", Path.Combine(Directory, "daemon.json")])
        {
            // A killed process can't remove the runtime's diagnostic sockets from the temporary directory.
            Environment = { ["LOG"] = log, ["DOTNET_EnableDiagnostics"] = "0" },
        };
        // The guest is the installed one, or the configuration's.
        start.Environment.Remove("MVM_KERNEL");
        start.Environment.Remove("MVM_INITRAMFS");

        // This host's network stays as it is: bridges are for tests that have a network of their own.
        start.Environment["MVM_NETWORK"] = "user";
        foreach ((string key, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        _process = Process.Start(start)!;
        for (int attempt = 0; !await IsListeningAsync(); attempt++)
        {
            if (_process.HasExited || attempt > 600)
            {
                _process.Kill();
                Assert.Fail("mvmd: " + await File.ReadAllTextAsync(log));
            }

            await Task.Delay(50);
        }
    }

    /// <summary>As a crash: no handler runs.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Puts the sample busybox into the store without a registry, whose connections would linger.</summary>
    public async Task LoadBusyboxAsync()
    {
        string archive = Path.Combine(Directory, "busybox.tar");
        (await Command.RunAsync("skopeo", ["copy", "-q", $"oci:{TestEnvironment.Samples}:busybox", $"docker-archive:{archive}:busybox:latest"])).Succeeded();
        (await MvmAsync("load", "-q", "-i", archive)).Succeeded();
    }

    public Task<CommandResult> MvmAsync(params string[] arguments) => Command.RunAsync(TestEnvironment.Mvm, arguments, _environment);

    public Task<CommandResult> DockerAsync(params string[] arguments) => Command.RunAsync(TestEnvironment.Docker, arguments, _environment);

    /// <summary>Runs one of the clients, named.</summary>
    public Task<CommandResult> ClientAsync(string client, string[] arguments, ReadOnlyMemory<byte> input = default) =>
        Command.RunAsync(ClientPath(client), arguments, _environment, input);

    /// <param name="environment">Over what leads the client to this daemon.</param>
    public Task<CommandResult> ClientAsync(
        string client, string[] arguments, IReadOnlyDictionary<string, string> environment, ReadOnlyMemory<byte> input) =>
        Command.RunAsync(ClientPath(client), arguments, _environment.Concat(environment).GroupBy(variable => variable.Key).ToDictionary(all => all.Key, all => all.Last().Value), input);

    public Process Start(string client, params string[] arguments) => Command.Start(ClientPath(client), arguments, _environment);

    /// <summary>VMM processes of this daemon's containers.</summary>
    public IReadOnlyList<int> VmmProcesses() =>
    [
        .. VmmProcess.All().Where(p => p.Value.Any(a => a.Contains(Directory, StringComparison.Ordinal))).Select(p => p.Key),
    ];

    public async ValueTask DisposeAsync()
    {
        await RemoveContainersAsync();
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Assert.Empty(VmmProcesses());
        if (_hasOwnFileSystem)
        {
            (await Command.RunAsync("umount", [Root])).Succeeded();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task MountRootAsync(long size)
    {
        System.IO.Directory.CreateDirectory(Root);
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", $"mode=700,size={size}", "tmpfs", Root])).Succeeded();
        _hasOwnFileSystem = true;
    }

    private async Task RemoveContainersAsync()
    {
        string ids = (await MvmAsync("ps", "-aq")).OutputText;
        foreach (string id in ids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await MvmAsync("rm", "-f", id);
        }
    }

    private static string ClientPath(string client) => client == "docker" ? TestEnvironment.Docker : TestEnvironment.Mvm;

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
