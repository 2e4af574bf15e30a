using MicroVm.Engine.Containers;
using static MicroVm.Engine.Tests.Vm.VmFixture;

namespace MicroVm.Engine.Tests.Vm;

/// <summary>What a container sees of its configuration.</summary>
public sealed class InsideTests(VmFixture vm) : IClassFixture<VmFixture>
{
    private static readonly ContainerSpec s_base = Busybox();

    public static TheoryData<string, ContainerSpec, string> Cases => new()
    {
        { "environment", s_base with { Environment = ["A=b c", "EMPTY="] }, "echo \"$A|$EMPTY|$FROM_IMAGE|$HOME|$PATH\" => b c||yes|/root|/bin:/usr/bin" },
        { "hostname", s_base with { Hostname = "box" }, "hostname; cat /etc/hostname; echo $HOSTNAME => box\nbox\nbox" },
        { "workdir", s_base with { WorkingDirectory = "/made/here" }, "pwd => /made/here" },
        { "user", s_base with { User = "app" }, "id => uid=1000(app) gid=1000(app) groups=1000(app),1001(extra)" },
        { "user home", s_base with { User = "app" }, "echo $HOME => /home/app" },
        { "numeric user", s_base with { User = "5:6" }, "id => uid=5 gid=6 groups=6" },
        { "default capabilities", s_base, "grep CapBnd /proc/self/status | cut -f2 => 00000000a80425fb" },
        { "capabilities", s_base with { CapDrop = ["ALL"], CapAdd = ["NET_RAW"] }, "grep CapEff /proc/self/status | cut -f2 => 0000000000002000" },
        { "privileged", s_base with { Privileged = true }, "grep CapEff /proc/self/status | cut -f2 => 000001ffffffffff" },
        { "no new privileges", s_base with { SecurityOptions = ["no-new-privileges"] }, "grep NoNewPrivs /proc/self/status | cut -f2 => 1" },
        { "rlimits", s_base with { Ulimits = [new("nofile", 100, 200)] }, "ulimit -Sn; ulimit -Hn => 100\n200" },
        { "pid", s_base, "echo $$ => 1" },
        { "read-only root", s_base with { ReadOnlyRoot = true }, "touch /x 2>/dev/null; echo $? => 1" },
        { "tmpfs", s_base with { ReadOnlyRoot = true, Tmpfs = new Dictionary<string, string> { ["/t"] = "size=1m,mode=700" } }, "touch /t/x && stat -c %a /t; grep -c ' /t tmpfs rw,nosuid,nodev,noexec' /proc/mounts => 700\n1" },
        { "shm", s_base with { ShmSize = 8 << 20 }, "grep /dev/shm /proc/mounts | grep -c size=8192k => 1" },
        { "no network", s_base, "ls /sys/class/net | grep -c eth => 0" },
        { "hosts", s_base with { ExtraHosts = ["db:10.9.8.7"] }, "grep db /etc/hosts => 10.9.8.7\tdb" },
        { "cpus", s_base with { NanoCpus = 1_000_000_000 }, "nproc => 1" },
        { "sysctl", s_base with { Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" } }, "cat /proc/sys/net/ipv4/ip_forward => 1" },
        { "masked paths", s_base, "wc -c < /proc/keys; echo x > /proc/sysrq-trigger 2>/dev/null; echo $? => 0\n1" },
        { "init", s_base with { Init = true }, "test $$ != 1 && echo reaped => reaped" },
        { "reserved memory", s_base, "cat /proc/sys/vm/overcommit_memory => 1" },
        { "oom score", s_base with { OomScoreAdjust = 100 }, "cat /proc/self/oom_score_adj => 100" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task IsSeen(string name, ContainerSpec spec, string scriptAndOutput)
    {
        string[] parts = scriptAndOutput.Split(" => ");
        TestEngine.RunResult result = await vm.Engine.RunAsync(spec with { Command = ["sh", "-c", parts[0]] });
        Assert.True(parts[1] + "\n" == result.Output, $"{name}: expected '{parts[1]}', got '{result.Output}' {result.Error}");
    }

    [Fact]
    public async Task TheDefaultNetworkReachesTheHostAndPublishesPorts()
    {
        ContainerSpec spec = Shell("ip addr show eth0 | grep -o 10.0.2.15/24; echo hello | nc -l -p 8080") with
        {
            NetworkMode = "default",
            Ports = [new("127.0.0.1", 0, 8080, "tcp")],
        };
        string id = await vm.Engine.StartAsync(spec);
        int port = Assert.Single(vm.Service.Inspect(id).Ports).HostPort;
        Assert.Equal("hello\n", await FetchAsync(port));
        await vm.Engine.WaitAsync(id);
        Assert.Equal("10.0.2.15/24\n", await vm.Engine.LogAsync(id));
        Assert.Empty(vm.Service.Inspect(id).Ports);
    }

    [Fact]
    public async Task AnUnknownUserIsTold()
    {
        string id = await vm.Engine.CreateAsync(Busybox("true") with { User = "nobody2" });
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => vm.Service.StartAsync(id, CancellationToken.None));
        Assert.Equal("unable to find user nobody2: no matching entries in passwd file", e.Message);
        Assert.Equal(126, vm.Service.Inspect(id).ExitCode);
    }

    /// <summary>The forwarder accepts before the guest listens: then the answer is empty, and one asks again.</summary>
    private static async Task<string> FetchAsync(int port)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                using System.Net.Sockets.TcpClient client = new();
                await client.ConnectAsync("127.0.0.1", port, limit.Token);
                using StreamReader reader = new(client.GetStream());
                if (await reader.ReadToEndAsync(limit.Token) is { Length: > 0 } answer)
                {
                    return answer;
                }
            }
            catch (IOException)
            {
                // Reset by the forwarder.
            }
        }
    }
}
