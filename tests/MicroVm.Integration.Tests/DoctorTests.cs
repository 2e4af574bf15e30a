using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary><c>mvm doctor</c>, which needs no daemon.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task ItSaysWhatTheHostHas()
    {
        string output = (await DoctorAsync()).Succeeded();
        Assert.Contains("QEMU", output, StringComparison.Ordinal);
        Assert.Contains("vhost-vsock", output, StringComparison.Ordinal);
        Assert.Contains("Virtual machines can run here.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsMissingIsAnExitCodeAndACommand()
    {
        CommandResult result = await DoctorAsync("MVM_KERNEL=/nowhere/vmlinux");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing  guest kernel", result.OutputText, StringComparison.Ordinal);
        Assert.Contains("→ make kernel", result.OutputText, StringComparison.Ordinal);
    }

    private static Task<CommandResult> DoctorAsync(params string[] environment) =>
        Command.RunAsync("env", ["-u", "MVM_KERNEL", "-u", "MVM_INITRAMFS", .. environment, TestEnvironment.Mvm, "doctor"]);
}
