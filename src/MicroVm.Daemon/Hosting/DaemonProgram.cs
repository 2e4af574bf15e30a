using System.Collections;
using MicroVm.Daemon.Interop;
using MicroVm.Engine;
using MicroVm.Hypervisor;
using MicroVm.Images;

namespace MicroVm.Daemon.Hosting;

/// <summary>mvmd from its arguments to its exit code.</summary>
internal static class DaemonProgram
{
    private const int Failure = 1;
    private const uint PrivateMask = 0b000_111_111;
    private const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            bool examines = arguments is ["doctor", ..];
            if (CommandLine.Parse(examines ? arguments[1..] : arguments, Environment(), out DaemonOptions options) is { } text)
            {
                await Console.Out.WriteLineAsync(text);
                return 0;
            }

            if (examines)
            {
                return Doctor.Report(options, Console.Out) ? 0 : Failure;
            }

            await RunAsync(options);
            return 0;
        }
        catch (Exception e) when (e is DaemonException or IOException or UnauthorizedAccessException
            or ImageException or EngineException or HypervisorException)
        {
            await Console.Error.WriteLineAsync("mvmd: " + e.Message);
            return Failure;
        }
    }

    private static async Task RunAsync(DaemonOptions options)
    {
        // Everything that is made belongs to the daemon alone unless it says otherwise.
        _ = Libc.SetFileModeMask(PrivateMask);
        foreach (string directory in new[] { options.Root, options.RunDirectory, Path.GetDirectoryName(options.SocketPath)! })
        {
            CreateDirectory(directory);
        }

        using DaemonLock root = DaemonLock.Take(options.Root);
        // What lies in the run directory and is not ours counts as left over: it must not be another daemon's.
        using DaemonLock? run = options.RunDirectory == options.Root ? null : DaemonLock.Take(options.RunDirectory);
        await using var services = DaemonServices.Open(options);
        await services.RecoverAsync();
        await using WebApplication application = ApiApplication.Build(options, services.Register);
        application.Lifetime.ApplicationStarted.Register(() => OnStarted(application, options));
        application.Lifetime.ApplicationStopping.Register(() => SystemdNotifier.Notify(SystemdNotifier.Stopping));
        await application.RunAsync();
    }

    /// <summary>
    /// To be passed through and not listed: the VMMs' users and the socket's group must reach what is theirs below, and
    /// everything below has an owner and a mode of its own.
    /// </summary>
    private static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, PassThrough);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DaemonException($"directory {path} can't be made: {e.Message}", e);
        }
    }

    private static void OnStarted(WebApplication application, DaemonOptions options)
    {
        DaemonLog.Listening(application.Logger, options.SocketPath, options.Root);
        SystemdNotifier.Notify(SystemdNotifier.Ready);
    }

    private static Dictionary<string, string> Environment() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
