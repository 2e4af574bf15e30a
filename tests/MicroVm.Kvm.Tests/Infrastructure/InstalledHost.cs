using System.Globalization;

[assembly: AssemblyFixture(typeof(MicroVm.Kvm.Tests.Infrastructure.InstalledHost))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>
/// A machine on which `make install` has put mvm, with the daemon as systemd's service and the busybox image in its store.
/// </summary>
public sealed class InstalledHost : IAsyncLifetime
{
    public const string Mvm = "/usr/local/bin/mvm";
    public const string Mvmd = "/usr/local/bin/mvmd";
    public const string RunDirectory = "/run/mvm";

    /// <summary>The service's.</summary>
    public static EngineApi Api { get; } = new($"{RunDirectory}/mvm.sock");

    /// <summary>What tests/kvm/run has packed.</summary>
    public static string Files { get; } = Path.Combine(AppContext.BaseDirectory, "..");

    public async ValueTask InitializeAsync()
    {
        (await SystemctlAsync("start", "mvmd")).Succeeded();
        (await MvmAsync("load", "-q", "-i", Path.Combine(Files, "busybox.tar"))).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty((await MvmAsync("ps", "-aq")).Succeeded());
        (await SystemctlAsync("stop", "mvmd")).Succeeded();
        await NoVmIsLeftAsync();
    }

    public static Task<CommandResult> MvmAsync(params string[] arguments) => Command.RunAsync(Mvm, arguments);

    /// <summary>`mvm run --rm` of busybox without network.</summary>
    public static Task<CommandResult> RunAsync(params string[] flagsAndCommand) => RunAsync(default, flagsAndCommand);

    public static Task<CommandResult> RunAsync(ReadOnlyMemory<byte> input, params string[] flagsAndCommand)
    {
        int command = Array.IndexOf(flagsAndCommand, "--");
        return Command.RunAsync(
            Mvm, ["run", "--rm", "--network", "none", .. flagsAndCommand[..command], "busybox", .. flagsAndCommand[(command + 1)..]], null, input);
    }

    /// <summary>
    /// Runs it again, up to twice, where the guest was reset: on the emulated processor that happens now and then, without a word of its
    /// kernel (tests/kvm/README.md). Three in a row are not that.
    /// </summary>
    public static async Task<CommandResult> UnlessResetAsync(Func<Task<CommandResult>> run)
    {
        CommandResult result = await run();
        for (int attempt = 1; attempt < 3 && result.ExitCode == 125; attempt++)
        {
            TestContext.Current.SendDiagnosticMessage("again: {0}", result.ErrorText);
            result = await run();
        }

        return result;
    }

    public static Task<CommandResult> SystemctlAsync(params string[] arguments) => Command.RunAsync("systemctl", arguments);

    /// <summary>Pid of the service's main process; 0 when it does not run.</summary>
    public static async Task<int> DaemonPidAsync() =>
        int.Parse((await SystemctlAsync("show", "-P", "MainPID", "mvmd")).Succeeded(), CultureInfo.InvariantCulture);

    /// <summary>An end is told before the guest has unmounted its disk.</summary>
    public static Task NoVmIsLeftAsync() =>
        Eventually.IsTrueAsync(() => Task.FromResult(VmmProcess.All().Count == 0), "a VM is left");
}
