using System.Globalization;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Tests.Drivers;

namespace MicroVm.Hypervisor.Tests.Templates;

/// <summary>Templates and the VMs that are restored from them, with real ones under emulation. As root.</summary>
public sealed class TemplateTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-tpl").FullName;
    private readonly WarmHypervisor _warm;

    public TemplateTests() => _warm = new(_directory);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _warm.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task VmsAreRestoredFromOneTemplateAndEndAsOthersDo()
    {
        VmSpec one = await TestHost.SpecAsync(_directory, "one");
        VmSpec two = await TestHost.SpecAsync(_directory, "two");
        Assert.StartsWith("VMs with 1 vCPU, 128 MiB are restored from a template: made in ", await _warm.ExpectAsync(one), StringComparison.Ordinal);
        await using IVirtualMachine first = await _warm.Driver.StartAsync(one, Token);
        await using IVirtualMachine second = await _warm.Driver.StartAsync(two, Token);
        Assert.All([first, second], machine => Assert.True(machine.IsRestored));
        await using (Stream channel = await first.ConnectAgentAsync(Token))
        {
            Assert.True(channel.CanWrite);
        }

        await first.PauseAsync(Token);
        await first.ResumeAsync(Token);
        foreach (IVirtualMachine machine in new[] { first, second })
        {
            await machine.KillAsync().WaitAsync(s_limit, Token);
            Assert.Equal(new VmExit(137, "VMM killed by signal 9"), await machine.Exited);
        }

        Assert.Empty(Directory.GetFiles(one.RuntimeDirectory));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "templates")));
    }

    [Fact]
    public async Task WhatIsNotLikeTheTemplateBoots()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        await _warm.ExpectAsync(spec);
        string kernel = Path.Combine(_directory, "vmlinux");
        File.Copy(spec.Kernel, kernel);
        foreach (VmSpec other in new[] { spec with { Memory = 96 << 20 }, spec with { VCpus = 2 }, spec with { Kernel = kernel } })
        {
            await using IVirtualMachine machine = await _warm.Driver.StartAsync(other, Token);
            Assert.False(machine.IsRestored);
            await machine.KillAsync().WaitAsync(s_limit, Token);
        }
    }

    [Fact]
    public async Task TheSecondVmOfAShapeHasATemplateMade()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        for (int start = 0; start < 2; start++)
        {
            await using IVirtualMachine machine = await _warm.Driver.StartAsync(spec, Token);
            Assert.False(machine.IsRestored);
            await machine.KillAsync().WaitAsync(s_limit, Token);
        }

        Assert.Contains("are restored", await _warm.ReportAsync(1), StringComparison.Ordinal);
        await using IVirtualMachine restored = await _warm.Driver.StartAsync(spec, Token);
        Assert.True(restored.IsRestored);
        await restored.KillAsync().WaitAsync(s_limit, Token);
    }

    /// <summary>Not even by root, and however it is opened.</summary>
    [Fact]
    public async Task NobodyCanChangeATemplatesMemory()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        await _warm.ExpectAsync(spec);
        await using IVirtualMachine machine = await _warm.Driver.StartAsync(spec, Token);
        string[] memory = [.. Directory.GetFiles($"/proc/{machine.ProcessId}/fd").Where(fd => new FileInfo(fd).LinkTarget?.Contains("mvm-template", StringComparison.Ordinal) == true)];
        Assert.NotEmpty(memory);
        Assert.All(memory, path =>
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            Assert.Throws<UnauthorizedAccessException>(() => file.WriteByte(0));
            Assert.Throws<UnauthorizedAccessException>(() => file.SetLength(0));
        });
        await machine.KillAsync().WaitAsync(s_limit, Token);
    }

    [Fact]
    public async Task AGuestThatEndsMakesNoTemplate()
    {
        VmSpec spec = await new TestGuest(_directory).SpecAsync(new string('a', 64), ends: true);
        Assert.Contains("the guest ended", await _warm.ExpectAsync(spec), StringComparison.Ordinal);
        await using IVirtualMachine machine = await _warm.Driver.StartAsync(spec, Token);
        Assert.False(machine.IsRestored);
        Assert.Equal(new VmExit(0, "guest stopped"), await machine.Exited.WaitAsync(s_limit, Token));
    }

    /// <summary>A VM's own fault is told as without templates; the template is given up when nothing comes of it three times in a row.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task WhatCannotBeRestoredBoots(int failures, bool isKept)
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        await _warm.ExpectAsync(spec);
        VmSpec broken = spec with { Root = spec.Root with { Format = DiskFormat.Vmdk } };
        for (int start = 0; start < failures; start++)
        {
            await using IVirtualMachine ended = await _warm.Driver.StartAsync(broken, Token);
            Assert.False(ended.IsRestored);
            Assert.Contains(spec.Root.Path, (await ended.Exited.WaitAsync(s_limit, Token)).Reason, StringComparison.Ordinal);
        }

        await using IVirtualMachine machine = await _warm.Driver.StartAsync(spec, Token);
        Assert.Equal(isKept, machine.IsRestored);
        await machine.KillAsync().WaitAsync(s_limit, Token);
        if (!isKept)
        {
            Assert.StartsWith("VMs with 1 vCPU, 128 MiB boot and are not restored from a template: ", await _warm.ReportAsync(2), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AVmThatWasNotWholeWhenItsDaemonEndedIsEnded()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        await using IVirtualMachine machine = await new QemuHypervisor(TestHost.Options).StartAsync(spec, Token);
        await File.WriteAllBytesAsync(Path.Combine(spec.RuntimeDirectory, "restoring"), [], Token);
        Assert.Null(await _warm.Driver.AdoptAsync(spec, Token));
        Assert.Equal("VMM killed by signal 9", (await machine.Exited.WaitAsync(s_limit, Token)).Reason);
        Assert.Empty(Directory.GetFiles(spec.RuntimeDirectory));
    }

    [Fact]
    public async Task NothingOfATemplateInTheMakingOutlivesItsDaemon()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "one");
        _warm.Driver.Expect(spec.Kernel, spec.Initramfs, spec.VCpus, spec.Memory);
        int[] making = await MakingAsync();
        _warm.Dispose();
        Assert.All(making, pid => Assert.False(Directory.Exists($"/proc/{pid}"), $"{pid} is still there"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory, "templates")));
    }

    /// <summary>The VMM that makes a template of this test's driver, and its guard.</summary>
    private async Task<int[]> MakingAsync()
    {
        ControlGroups groups = new("mvm", File.ReadLines("/proc/self/mounts"));
        string templates = Directory.CreateDirectory(Path.Combine(_directory, "templates")).FullName;
        for (int attempt = 0; attempt < 1200; attempt++)
        {
            int[] processes = [.. Directory.GetDirectories(templates)
                .SelectMany(template => groups.DirectoriesOf(Path.GetFileName(template)))
                .Select(group => Path.Combine(group, "cgroup.procs"))
                .Where(File.Exists).SelectMany(File.ReadLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct()];
            if (processes.Length == 2)
            {
                return processes;
            }

            await Task.Delay(20, Token);
        }

        throw new TimeoutException("no template is being made");
    }
}
