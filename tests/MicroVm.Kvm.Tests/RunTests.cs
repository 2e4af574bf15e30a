using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>Containers on KVM, over vsock.</summary>
public sealed class RunTests
{
    private const int Large = 64 << 20;
    private const int VsockFamily = 40;

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

    [Theory]
    [InlineData(127, "executable file not found in $PATH", "no-such-program")]
    [InlineData(126, "permission denied", "/etc/passwd")]
    public async Task WhatCannotRunSaysSo(int code, string text, string program) =>
        (await InstalledHost.RunAsync("--", program)).Failed(code, text);

    [Fact]
    public async Task StdinAndStdoutCarrySixtyFourMegabytes()
    {
        byte[] input = new byte[Large];
        Random.Shared.NextBytes(input);
        CommandResult result = await InstalledHost.UnlessResetAsync(() => InstalledHost.RunAsync(input, "-i", "--", "cat"));
        Assert.Equal((0, ""), (result.ExitCode, result.ErrorText));
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
    }

    [Fact]
    public async Task EveryByteArrivesOnceOverConnectionsThatBreak()
    {
        byte[] input = new byte[Large / 8];
        Random.Shared.NextBytes(input);
        int breaks = 0;
        CommandResult result = await InstalledHost.UnlessResetAsync(async () =>
        {
            string[] run = ["run", "--rm", "-i", "--network", "none", "busybox", "sh", "-c", "echo ready >&2; exec cat"];
            using Process client = Command.Start(InstalledHost.Mvm, run);
            Assert.Equal("ready", await client.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
            Task<CommandResult> end = Command.FinishAsync(client, input);
            breaks = await Severance.RepeatAsync(end, await InstalledHost.DaemonPidAsync(), IsVsock, most: 3, () => TimeSpan.FromMilliseconds(300));
            return await end;
        });
        Assert.Equal((0, ""), (result.ExitCode, result.ErrorText));
        Assert.True(input.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} bytes came back");
        Assert.NotEqual(0, breaks);
    }

    [Fact]
    public async Task TheGuestRunsOnKvmsOwnClocksWithWhatItAskedFor()
    {
        const string Look = "cat /sys/devices/system/clocksource/clocksource0/current_clocksource; nproc; "
            + "awk '/MemTotal/ {print $2}' /proc/meminfo; dmesg";
        CommandResult result = await InstalledHost.RunAsync("--privileged", "-m", "128m", "--cpus", "1", "--", "sh", "-c", Look);
        string[] lines = result.Succeeded().Split('\n');
        Assert.Equal("kvm-clock", lines[0]);
        Assert.Equal("1", lines[1]);
        Assert.InRange(int.Parse(lines[2], CultureInfo.InvariantCulture), 64 * 1024, 128 * 1024);
        Assert.Contains("TSC deadline timer available", result.OutputText, StringComparison.Ordinal);
        Assert.Contains("Hypervisor detected: KVM", result.OutputText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AGuestHasTheProcessorsThatItAskedFor() =>
        Assert.Equal("2", (await InstalledHost.UnlessResetAsync(TwoProcessorsAsync)).Succeeded());

    [Fact]
    public async Task UnderLibvirtItRunsOnKvmAndVsockToo()
    {
        string[] run = ["run", "-d", "--driver", "libvirt", "--network", "none", "busybox", "sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 1; done"];
        await using var container = new Container((await InstalledHost.MvmAsync(run)).Succeeded());
        await container.WaitForLogAsync("ready");
        string[] vmm = Assert.Single(VmmProcess.All().Values);
        string arguments = string.Join(' ', vmm);
        Assert.True(arguments.Contains("guest=mvm-" + container.Id[..12], StringComparison.Ordinal) && arguments.Contains("-accel kvm", StringComparison.Ordinal), arguments);
        Assert.NotEmpty(VsockOf(vmm));
        (await InstalledHost.MvmAsync("exec", container.Id, "sh", "-c", "exit 5")).Failed(5, "");
        (await InstalledHost.MvmAsync("kill", "-s", "TERM", container.Id)).Succeeded();
        Assert.Equal(7, await InstalledHost.Api.WaitAsync(container.Id));
        await InstalledHost.NoVmIsLeftAsync();
    }

    [Fact]
    public async Task SignalsReachTheProcess()
    {
        await using Container container = await Container.StartAsync("sh", "-c", "trap 'echo got it; exit 7' TERM; echo ready; while :; do sleep 1; done");
        await container.WaitForLogAsync("ready");
        (await InstalledHost.MvmAsync("kill", "-s", "TERM", container.Id)).Succeeded();
        Assert.Equal("7", (await InstalledHost.MvmAsync("wait", container.Id)).Succeeded());
        Assert.Equal("ready\ngot it", (await InstalledHost.MvmAsync("logs", container.Id)).Succeeded());
    }

    [Fact]
    public async Task AProcessThatIgnoresStopIsKilled()
    {
        await using Container container = await Container.StartAsync("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done");
        await container.WaitForLogAsync("ready");
        (await InstalledHost.MvmAsync("stop", "-t", "1", container.Id)).Succeeded();
        Assert.Equal(137, await InstalledHost.Api.WaitAsync(container.Id));
        Assert.Equal(0, await container.PidAsync());
        await InstalledHost.NoVmIsLeftAsync();
    }

    [Fact]
    public async Task APublishedPortIsServed()
    {
        string[] run = ["run", "-d", "-p", "127.0.0.1:8080:80", "busybox", "sh", "-c", "echo hello > /var/www/index.html; exec httpd -f -h /var/www"];
        await using var container = new Container((await InstalledHost.MvmAsync(run)).Succeeded());
        using var client = new HttpClient();
        Assert.Equal("hello\n", await Eventually.SucceedsAsync(() => client.GetStringAsync(new Uri("http://127.0.0.1:8080/"))));
    }

    [Fact]
    public async Task ManyVmsRunAtOnceOnKvmAndEachHasItsOwnCid()
    {
        const string Program = "head -c 100000 /dev/zero | tr '\\0' $0; echo; trap \"exit $0\" TERM; echo ready; while :; do sleep 1; done";
        Container[] containers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Container.StartAsync("sh", "-c", Program, $"{i}")));
        await Task.WhenAll(containers.Select(container => container.WaitForLogAsync("ready")));
        string[][] vmms = [.. VmmProcess.All().Values];
        Assert.Equal(containers.Length, vmms.Length);
        Assert.Equal(containers.Length, vmms.Select(VsockOf).Distinct().Count());
        Assert.All(vmms, arguments => Assert.Contains("kvm", arguments));
        Assert.DoesNotContain(vmms.SelectMany(arguments => arguments), argument => argument.Contains("tcg", StringComparison.Ordinal));
        await Task.WhenAll(containers.Index().Select(c => EndsAsync(c.Item, c.Index + 1)));
        await InstalledHost.NoVmIsLeftAsync();
    }

    private static bool IsVsock(byte[] address) => BinaryPrimitives.ReadUInt16LittleEndian(address) == VsockFamily;

    private static Task<CommandResult> TwoProcessorsAsync() => InstalledHost.RunAsync("--cpus", "2", "--", "nproc");

    private static string VsockOf(string[] arguments) =>
        arguments.Single(argument => argument.StartsWith("vhost-vsock-device,vhostfd=", StringComparison.Ordinal));

    private static async Task EndsAsync(Container container, int code)
    {
        await InstalledHost.Api.SignalAsync(container.Id, "TERM");
        Assert.Equal(code, await InstalledHost.Api.WaitAsync(container.Id));
        Assert.Equal(new string((char)('0' + code), 100_000) + "\nready\n", await container.LogAsync());
        await container.DisposeAsync();
    }
}
