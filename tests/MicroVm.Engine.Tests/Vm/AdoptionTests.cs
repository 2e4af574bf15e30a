using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor.Qemu;
using static MicroVm.Engine.Tests.Vm.VmFixture;

namespace MicroVm.Engine.Tests.Vm;

/// <summary>Real VMs outlive the daemon.</summary>
public sealed class AdoptionTests : IAsyncLifetime
{
    private TestEngine _engine = null!;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(new QemuHypervisor(new() { Directory = TestEngine.HypervisorDirectory }), Options());
        await TestImage.LoadBusyboxAsync(_engine.Images);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task ARunningContainerGoesOnAndItsLogIsWhole()
    {
        const int Lines = 60_000;
        string id = await _engine.StartAsync(Shell($"i=0; while [ $i -lt {Lines} ]; do i=$((i+1)); echo line $i; done; exit 7"));
        int pid = _engine.Service.Inspect(id).Pid;
        for (int i = 0; i < 20; i++)
        {
            await _engine.RestartAsync();
        }

        ContainerSnapshot adopted = _engine.Service.Inspect(id);
        Assert.True(adopted.Status == ContainerStatus.Exited || adopted.Pid == pid, $"{adopted.Status} {adopted.Error}");
        ContainerExit exit = await _engine.WaitAsync(id);
        Assert.True(exit.StatusCode == 7, $"{exit.StatusCode} {_engine.Service.Inspect(id).Error}");
        string expected = string.Concat(Enumerable.Range(1, Lines).Select(i => $"line {i}\n"));
        Assert.Equal(expected, await _engine.LogAsync(id));
    }

    [Fact]
    public async Task StdinGoesOn()
    {
        string id = await _engine.StartAsync(Busybox("cat") with { OpenStdin = true });
        await WriteAsync(id, "one\n");
        await _engine.RestartAsync();
        await WriteAsync(id, "two\n");
        await _engine.Service.KillAsync(id, "KILL", CancellationToken.None);
        Assert.Equal("one\ntwo\n", await _engine.LogAsync(id));
    }

    /// <summary>Writes to stdin and reads it back.</summary>
    private async Task WriteAsync(string id, string text)
    {
        await using IAttachment client = await _engine.Service.AttachAsync(id, new(true, true, true, false, false), CancellationToken.None);
        await client.WriteStdinAsync(Encoding.ASCII.GetBytes(text), CancellationToken.None);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        OutputChunk? echo = await client.ReadAsync(limit.Token);
        Assert.Equal(text, Encoding.ASCII.GetString(echo!.Value.Bytes.Span));
    }
}
