using System.Security.Cryptography;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>Containers on KVM, over vsock.</summary>
public sealed class RunTests
{
    private const int Large = 64 << 20;

    [Fact]
    public async Task TheDaemonUsesKvmAndVsockAndHasNothingToWarnOf()
    {
        CommandResult info = await InstalledHost.MvmAsync("info");
        Assert.Contains("Accelerator: kvm", info.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Transport: vsock", info.OutputText, StringComparison.Ordinal);
        Assert.DoesNotContain("emulation", info.OutputText + info.ErrorText, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task OutputAndExitCodeComeBackAndNothingElse()
    {
        CommandResult result = await InstalledHost.RunAsync("--", "sh", "-c", "echo out; echo err >&2; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.Equal("out\n", result.OutputText);
        Assert.Equal("err\n", result.ErrorText);
    }

    [Fact]
    public async Task StdinAndStdoutCarrySixtyFourMegabytes()
    {
        byte[] input = RandomNumberGenerator.GetBytes(Large);
        CommandResult result = await InstalledHost.RunAsync(input, "-i", "--", "cat");
        result.Succeeded();
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
    }
}
