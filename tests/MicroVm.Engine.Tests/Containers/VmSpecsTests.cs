using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Containers;

public sealed class VmSpecsTests
{
    private static readonly string s_id = "ab12cd34" + new string('0', 56);
    private static readonly EngineOptions s_options = new() { Root = "/r", RunDirectory = "/run/mvm", Kernel = "k", Initramfs = "i" };
    private static readonly HypervisorInfo s_tcg = new("qemu", "tcg", "", "virtio-serial", "7.2");

    [Fact]
    public void DefaultsFollowTheAccelerator()
    {
        VmSpec spec = Make(new() { Image = "i" }, s_tcg);
        Assert.Equal((1, s_options.DefaultMemory, null), (spec.VCpus, spec.Memory, spec.CpuQuota));
        Assert.Equal(Environment.ProcessorCount, Make(new() { Image = "i" }, s_tcg with { Accelerator = "kvm" }).VCpus);
    }

    [Fact]
    public void LimitsAreRoundedUp()
    {
        VmSpec spec = Make(new() { Image = "i", Memory = (100L << 20) + 1, NanoCpus = 1_500_000_000 }, s_tcg);
        Assert.Equal((2, 101L << 20, 1.5), (spec.VCpus, spec.Memory, spec.CpuQuota));
    }

    [Fact]
    public void EachVmHasItsOwnTokenAndAnAddressOfItsId()
    {
        VmSpec spec = Make(new() { Image = "i" }, s_tcg);
        Assert.NotEqual(spec.Token, Make(new() { Image = "i" }, s_tcg).Token);
        Assert.Equal([0x02, 0x42, 0xab, 0x12, 0xcd, 0x34], Assert.Single(spec.Networks).MacAddress);
        Assert.Empty(Make(new() { Image = "i", NetworkMode = "none" }, s_tcg).Networks);
    }

    [Fact]
    public void PublishAllAddsWhatIsExposedAndNotPublished()
    {
        ContainerSnapshot container = Snapshot(new()
        {
            Image = "i",
            ExposedPorts = ["80/tcp", "53/udp"],
            Ports = [new("", 8080, 80, "tcp")],
            PublishAllPorts = true,
        });
        Assert.Equal([new("", 8080, 80, "tcp"), new("0.0.0.0", 0, 53, "udp")], VmSpecs.WantedPorts(container, container.Endpoints));
        Assert.Empty(VmSpecs.WantedPorts(container, []));
    }

    [Fact]
    public void SocketPathsFit() =>
        Assert.InRange(new ContainerPaths(s_options, s_id).RuntimeDirectory.Length, 1, 60);

    private static VmSpec Make(ContainerSpec spec, HypervisorInfo host) => VmSpecs.Make(
        Snapshot(spec), new(s_options, s_id), new(new("r", DiskFormat.Vmdk, true), new("s", DiskFormat.Raw, false)), [], s_options, host);

    private static ContainerSnapshot Snapshot(ContainerSpec spec) => new()
    {
        Id = s_id,
        Name = "n",
        Spec = spec,
        ImageId = Digest.FromHash(new byte[32]),
        Arguments = ["x"],
        Effective = ConfigMerge.Merge(spec, new ImageConfig(), s_id),
        Created = DateTimeOffset.UnixEpoch,
        Status = ContainerStatus.Created,
        Endpoints = spec.NetworkMode == "none" ? [] : [UserNetwork.Endpoint(s_id)],
    };
}
