using MicroVm.Hypervisor.Tests.Templates;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>The same jail for a VM that was restored from a template: without kernel, with the memory that it shares and can't change.</summary>
public sealed class RestoredJailTests : JailTests
{
    private static readonly Lazy<Task<IHypervisor>> s_hypervisor = new(WithTemplateAsync);

    protected override Task<IHypervisor> OpenAsync() => s_hypervisor.Value;

    protected override IReadOnlyList<string> OwnNamespaces => [.. base.OwnNamespaces, "pid"];

    protected override IReadOnlyList<string> OtherFiles(VmSpec spec) => [];

    protected override IReadOnlyList<string> OtherDescriptors => ["/memfd:mvm-template"];

    [Fact]
    public void ItWasRestored() => Assert.True(Machine.IsRestored);

    [Fact]
    public void ItSeesNoProcessInformationButItsDescriptors()
    {
        string root = $"/proc/{Process}/root";
        Assert.False(Directory.Exists($"{root}/proc"));
        Assert.All(Directory.GetFileSystemEntries($"{root}/descriptors"), entry => Assert.True(int.TryParse(Path.GetFileName(entry), out _), entry));
    }

    private static async Task<IHypervisor> WithTemplateAsync()
    {
        string directory = Directory.CreateTempSubdirectory("mvm-jail").FullName;
        var warm = new WarmHypervisor(directory);
        string report = await warm.ExpectAsync(await TestHost.SpecAsync(directory, "vm"));
        Directory.Delete(directory, recursive: true);
        Assert.Contains("are restored", report, StringComparison.Ordinal);
        return warm.Driver;
    }
}
