using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Engine.Containers;
using static MicroVm.Engine.Tests.Vm.VmFixture;

namespace MicroVm.Engine.Tests.Vm;

/// <summary>Containers in real VMs: life, streams, and limits.</summary>
public sealed class RunTests(VmFixture vm) : IClassFixture<VmFixture>
{
    private ContainerService Service => vm.Service;

    [Fact]
    public async Task OutputAndExitCodeComeOut()
    {
        TestEngine.RunResult result = await vm.Engine.RunAsync(Shell("echo out; echo err >&2; exit 42"));
        Assert.Equal((42, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
        ContainerSnapshot ended = Service.Inspect(result.Id);
        TestContext.Current.SendDiagnosticMessage(string.Join(", ", ended.Timings.Select(step => $"{step.Key} {step.Value}")));
        Assert.Contains("err\n", await vm.Engine.LogAsync(result.Id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AutoRemoveLeavesNothingOfIt()
    {
        TestEngine.RunResult result = await vm.Engine.RunAsync(Busybox("true") with { AutoRemove = true });
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain(Service.List(), container => container.Id == result.Id);
        Assert.False(Directory.Exists(Path.Combine(vm.Engine.Options.Root, "containers", result.Id)));
        Assert.False(Directory.Exists(Path.Combine(vm.Engine.Options.RunDirectory, "vms", result.Id[..16])));
    }

    [Theory]
    [InlineData("nope", 127, "exec: \"nope\": executable file not found in $PATH")]
    [InlineData("/nope", 127, "no such file or directory")]
    [InlineData("/notexec", 126, "permission denied")]
    [InlineData("/etc", 126, "is a directory")]
    public async Task WhatCannotBeExecutedIsToldAsDockerTellsIt(string program, int exitCode, string text)
    {
        string id = await vm.Engine.CreateAsync(Busybox(program));
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Contains(text, e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(exitCode, Service.Inspect(id).ExitCode);
        Assert.Equal(ContainerStatus.Created, Service.Inspect(id).Status);
        Assert.False(Directory.Exists(Path.Combine(vm.Engine.Options.RunDirectory, "vms", id[..16])));
    }

    [Fact]
    public async Task SixtyFourMegabytesGoInAndComeOut()
    {
        byte[] sent = new byte[64 << 20];
        new Random(5).NextBytes(sent);
        ContainerSpec spec = Busybox("cat") with { OpenStdin = true, StdinOnce = true, AutoRemove = true };
        long start = Stopwatch.GetTimestamp();
        TestEngine.RunResult result = await vm.Engine.RunAsync(spec, sent);
        TestContext.Current.SendDiagnosticMessage($"64 MiB in and out: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        Assert.Equal(sent.Length, result.Stdout.Length);
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(result.Stdout));
    }

    [Fact]
    public async Task WithoutStdinItReadsTheEndAtOnce() =>
        Assert.Equal("0\n", (await vm.Engine.RunAsync(Shell("wc -c"))).Output);

    [Fact]
    public async Task SignalsReachTheProcess()
    {
        string id = await vm.Engine.StartAsync(Shell("trap 'echo got; exit 3' USR1; echo ready; while :; do sleep 0.1; done"));
        await LoggedAsync(id, "ready\n");
        await Service.KillAsync(id, "USR1", CancellationToken.None);
        Assert.Equal(3, (await vm.Engine.WaitAsync(id)).StatusCode);
        Assert.Equal("ready\ngot\n", await vm.Engine.LogAsync(id));
    }

    [Fact]
    public async Task StopKillsWhatIgnoresItsSignal()
    {
        string id = await vm.Engine.StartAsync(Shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"));
        await LoggedAsync(id, "ready\n");
        await Service.StopAsync(id, 0, null, CancellationToken.None);
        Assert.Equal((ContainerStatus.Exited, 137), (Service.Inspect(id).Status, Service.Inspect(id).ExitCode));
    }

    [Fact]
    public async Task ATerminalHasItsSizeAndOneStream()
    {
        string id = await vm.Engine.CreateAsync(Shell("read line; stty size; test -t 1 && echo terminal $TERM; echo err >&2") with
        {
            Terminal = true,
            OpenStdin = true,
            StdinOnce = true,
        });
        await using IAttachment client = await Service.AttachAsync(id, new(true, true, true, true, false), CancellationToken.None);
        Task<(byte[] Stdout, byte[] Stderr)> reading = TestEngine.ReadAllAsync(client);
        await Service.StartAsync(id, CancellationToken.None);
        await Service.ResizeAsync(id, 33, 99, CancellationToken.None);
        await client.WriteStdinAsync("go\n"u8.ToArray(), CancellationToken.None);
        await vm.Engine.WaitAsync(id);
        (byte[] stdout, byte[] stderr) = await reading;
        Assert.Equal("go\r\n33 99\r\nterminal xterm\r\nerr\r\n", Encoding.UTF8.GetString(stdout));
        Assert.Empty(stderr);
    }

    [Fact]
    public async Task AMachineKilledFromOutsideEndsItsContainer()
    {
        string id = await vm.Engine.StartAsync(Busybox("sleep", "1000"));
        using (Process machine = Process.GetProcessById(Service.Inspect(id).Pid))
        {
            machine.Kill();
        }

        Assert.Equal(137, (await vm.Engine.WaitAsync(id)).StatusCode);
        Assert.Contains("signal 9", Service.Inspect(id).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MemoryIsBoundedAndItsEndIsTold()
    {
        ContainerSpec spec = Shell("head -c 1000000000 /dev/zero | tail | wc -c") with { Memory = vm.Engine.Options.MinimumMemory };
        TestEngine.RunResult result = await vm.Engine.RunAsync(Shell("exec tail /dev/zero") with { Memory = spec.Memory });
        Assert.Equal(137, result.ExitCode);
        Assert.True(Service.Inspect(result.Id).OomKilled);
    }

    [Fact]
    public async Task TheDiskOfAStoppedContainerIsKept()
    {
        string id = (await vm.Engine.RunAsync(Shell("test -e /kept && cat /kept; echo again > /kept"))).Id;
        await Service.StartAsync(id, CancellationToken.None);
        await vm.Engine.WaitAsync(id);
        Assert.Equal("again\n", await vm.Engine.LogAsync(id));
    }

    [Fact]
    public async Task TenRunAtOnce()
    {
        TestEngine.RunResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => vm.Engine.RunAsync(Shell($"echo {i}; exit {i}") with { AutoRemove = true })));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (i, $"{i}\n")), results.Select(result => (result.ExitCode, result.Output)));
    }

    [Fact]
    public async Task AMissingKernelIsOneClearLine()
    {
        await using TestEngine other = await TestEngine.OpenAsync(
            new Hypervisor.Qemu.QemuHypervisor(new() { Directory = TestEngine.HypervisorDirectory }), vm.Engine.Options with { Kernel = "/nonexistent/vmlinux" });
        await TestImage.LoadEmptyAsync(other.Images, "tiny");
        string id = await other.CreateAsync(new() { Image = "tiny", Command = ["x"] });
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => other.Service.StartAsync(id, CancellationToken.None));
        Assert.Contains("/nonexistent/vmlinux", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task AKernelLogIsKept()
    {
        string id = (await vm.Engine.RunAsync(Busybox("true"))).Id;
        MemoryStream log = new();
        await foreach (ReadOnlyMemory<byte> piece in Service.KernelLogAsync(id, follow: false, CancellationToken.None))
        {
            log.Write(piece.Span);
        }

        Assert.True(log.Length < 1 << 21);
    }

    /// <summary>Follows the log until it holds the text.</summary>
    private async Task LoggedAsync(string id, string text)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        await foreach (LogEntry entry in Service.LogsAsync(id, new(true, true, true, null, null, null), limit.Token))
        {
            if (Encoding.UTF8.GetString(entry.Line.Span) == text)
            {
                return;
            }
        }

        Assert.Fail($"the container ended without '{text.Trim()}'");
    }
}
