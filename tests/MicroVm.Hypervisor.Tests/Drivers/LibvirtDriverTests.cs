using System.Xml.Linq;
using MicroVm.Hypervisor.Libvirt;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;

namespace MicroVm.Hypervisor.Tests.Drivers;

public sealed class LibvirtDriverTests(EmbeddedLibvirt libvirt) : DriverTests
{
    protected override IHypervisor Hypervisor => libvirt.Hypervisor;

    [Fact]
    public async Task TheDomainSaysWhichContainerItIs()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(libvirt.Uri);
        using LibvirtDomain domain = await connection.LookUpByNameAsync("mvm-" + Id[..12]);
        Assert.Equal("web", await domain.GetTitleAsync());
        XElement metadata = XElement.Parse(await domain.GetMetadataAsync(DomainXml.Namespace));
        Assert.Equal(Id, (string?)metadata.Element(metadata.Name.Namespace + "id"));
        Assert.Equal("web", (string?)metadata.Element(metadata.Name.Namespace + "name"));
        Dictionary<string, string> labels = metadata.Elements(metadata.Name.Namespace + "label").ToDictionary(l => (string)l.Attribute("key")!, l => l.Value);
        Assert.Equal("front & <back>", labels["tier"]);
        Assert.Equal("bell \ufffd, lone \ufffd", labels["odd"]);
        await machine.KillAsync();
    }

    [Fact]
    public async Task TheMachineIsTheOneThatTheOtherDriverBoots()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        string[] arguments = (await File.ReadAllTextAsync($"/proc/{machine.ProcessId}/cmdline", Token)).Split('\0');
        var paths = new VmPaths(spec.RuntimeDirectory);
        foreach (string shared in QemuCommandLine.Devices(spec, paths, [], []))
        {
            Assert.Contains(shared, arguments);
        }

        Assert.Contains(QemuCommandLine.BoardOptions(Hypervisor.Info), arguments);
        await machine.KillAsync();
    }

    [Fact]
    public async Task ADomainThatSomethingElseDestroysIsTold()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(libvirt.Uri);
        using (LibvirtDomain domain = await connection.LookUpByUuidAsync(DomainXml.UuidOf(spec)))
        {
            await domain.DestroyAsync();
        }

        Assert.Equal(new VmExit(137, "destroyed through libvirt"), await machine.Exited);
        var error = await Assert.ThrowsAsync<HypervisorException>(() => machine.PauseAsync(Token));
        Assert.Contains("something else destroyed it", error.Message, StringComparison.Ordinal);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task ANameThatIsTakenIsRefusedAndItsOwnerStays()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        VmSpec twin = spec with { Id = Id[..12] + new string('0', 52), RuntimeDirectory = Directory.CreateTempSubdirectory("mvm-twin").FullName };
        var error = await Assert.ThrowsAsync<HypervisorException>(() => Hypervisor.StartAsync(twin, Token));
        Assert.Contains($"'mvm-{Id[..12]}' already exists", error.Message, StringComparison.Ordinal);
        Assert.False(machine.Exited.IsCompleted);
        Assert.Empty(Directory.GetFiles(twin.RuntimeDirectory));
        Directory.Delete(twin.RuntimeDirectory);
        await machine.KillAsync();
    }

    [Fact]
    public async Task ADomainWithoutANoteIsEndedAtAdoption()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        File.Delete(Path.Combine(spec.RuntimeDirectory, "process")); // As if the daemon had been killed before it wrote it.
        Assert.Null(await Hypervisor.AdoptAsync(spec, Token));
        Assert.Equal("destroyed through libvirt", (await machine.Exited).Reason);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task WhereNobodyListensIsSaidAndNothingIsLeft()
    {
        HypervisorOptions options = libvirt.Options with { LibvirtUri = "qemu+unix:///system?socket=/nowhere/libvirt-sock&mode=direct" };
        using var hypervisor = new LibvirtHypervisor(options, new QemuHypervisor(options));
        VmSpec spec = await Guest.SpecAsync(Id);
        var error = await Assert.ThrowsAsync<HypervisorException>(() => hypervisor.StartAsync(spec, Token));
        Assert.Contains("/nowhere/libvirt-sock", error.Message, StringComparison.Ordinal);
        Assert.Contains("is libvirtd running", error.Message, StringComparison.Ordinal);
        await GoneAsync(spec);
    }

    protected override async Task GoneAsync(VmSpec spec)
    {
        await base.GoneAsync(spec);
        using LibvirtConnection connection = await LibvirtConnection.OpenAsync(libvirt.Uri);
        string log = Path.Combine(libvirt.Options.LibvirtRoot, "log/qemu", DomainXml.NameOf(spec) + ".log");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await IsKnownAsync(connection, spec) || File.Exists(log))
        {
            // libvirt may still wait for the process to be reaped.
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<bool> IsKnownAsync(LibvirtConnection connection, VmSpec spec)
    {
        try
        {
            using LibvirtDomain domain = await connection.LookUpByUuidAsync(DomainXml.UuidOf(spec));
            return true;
        }
        catch (LibvirtException e)
        {
            Assert.Equal(virErrorNumber.VIR_ERR_NO_DOMAIN, e.Code);
            return false;
        }
    }
}
