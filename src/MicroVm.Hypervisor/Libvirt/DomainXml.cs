using System.Xml;
using System.Xml.Linq;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>
/// A VM as a libvirt domain (https://libvirt.org/formatdomain.html). libvirt knows the microvm board but none of its devices'
/// places: those are QEMU's own arguments, the same as without libvirt.
/// </summary>
internal static class DomainXml
{
    /// <summary>Of the metadata that says which container it is.</summary>
    public const string Namespace = "urn:mvm:container:1";
    private const int UuidDigits = 32;
    private const int NameDigits = 12;
    private static readonly string[] s_endings = ["on_poweroff", "on_reboot", "on_crash"];
    private static readonly XNamespace s_qemu = "http://libvirt.org/schemas/domain/qemu/1.0";
    private static readonly XNamespace s_mvm = Namespace;

    public static string NameOf(VmSpec spec) => $"mvm-{spec.Id[..Math.Min(NameDigits, spec.Id.Length)]}";

    /// <summary>The first half of the container's id.</summary>
    public static string UuidOf(VmSpec spec) => Guid.ParseExact(spec.Id[..UuidDigits], "N").ToString();

    /// <param name="cid">Of the agent's channel; null: a virtio-serial port.</param>
    /// <param name="emulator">Absolute path of what libvirt starts.</param>
    /// <param name="launch">The socket where that learns how.</param>
    public static string Build(VmSpec spec, HypervisorInfo host, VmPaths paths, uint? cid, string emulator, string launch, uint? tscKilohertz)
    {
        bool kvm = host.Accelerator == "kvm";
        var domain = new XElement(
            "domain",
            new XAttribute("type", kvm ? "kvm" : "qemu"),
            new XAttribute(XNamespace.Xmlns + "qemu", s_qemu),
            new XElement("name", NameOf(spec)),
            new XElement("uuid", UuidOf(spec)),
            new XElement("title", Valid(spec.Name)),
            new XElement("metadata", Metadata(spec)),
            new XElement("memory", new XAttribute("unit", "b"), spec.Memory),
            SharedMemory(spec),
            new XElement("vcpu", spec.VCpus),
            Boot(spec, host, tscKilohertz),
            new XElement("cpu", new XAttribute("mode", kvm ? "host-passthrough" : "maximum"), new XAttribute("check", "none")),
            Endings(),
            Devices(emulator),
            Label(),
            Arguments(spec, host, paths, cid, launch));
        return domain.ToString(SaveOptions.DisableFormatting);
    }

    private static XElement Metadata(VmSpec spec) => new(
        s_mvm + "container",
        new XAttribute(XNamespace.Xmlns + "mvm", s_mvm),
        new XElement(s_mvm + "id", spec.Id),
        new XElement(s_mvm + "name", Valid(spec.Name)),
        spec.Labels.OrderBy(l => l.Key, StringComparer.Ordinal)
            .Select(l => new XElement(s_mvm + "label", new XAttribute("key", Valid(l.Key)), Valid(l.Value))));

    /// <summary>virtiofsd, which is beside libvirt, puts files into the guest's memory itself.</summary>
    private static XElement? SharedMemory(VmSpec spec) => spec.Shares.Count == 0 ? null : new(
        "memoryBacking",
        new XElement("source", new XAttribute("type", "memfd")),
        new XElement("access", new XAttribute("mode", "shared")));

    private static XElement Boot(VmSpec spec, HypervisorInfo host, uint? tscKilohertz) => new(
        "os",
        new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "microvm"), "hvm"),
        new XElement("kernel", spec.Kernel),
        new XElement("initrd", spec.Initramfs),
        new XElement("cmdline", KernelCommandLine.Build(host.Accelerator, spec.VCpus, tscKilohertz)));

    private static IEnumerable<XElement> Endings() =>
        s_endings.Select(e => new XElement(e, "destroy"));

    /// <summary>None but the emulator, against libvirt's defaults.</summary>
    private static XElement Devices(string emulator) => new(
        "devices",
        new XElement("emulator", emulator),
        new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "none")),
        new XElement("memballoon", new XAttribute("model", "none")));

    /// <summary>The emulator makes the jail, for which it needs to be root; QEMU's user is the jail's. Our files stay ours.</summary>
    private static XElement? Label() => !ProcessUser.IsRoot ? null : new XElement(
        "seclabel",
        new XAttribute("type", "static"), new XAttribute("model", "dac"), new XAttribute("relabel", "no"),
        new XElement("label", "+0:+0"));

    private static XElement Arguments(VmSpec spec, HypervisorInfo host, VmPaths paths, uint? cid, string launch)
    {
        IReadOnlyList<string> arguments =
        [
            "-machine", QemuCommandLine.BoardOptions(host),
            "-cpu", QemuCommandLine.Cpu(host),

            // libvirt's default waits for libvirt to end what has stopped: here that may be long after.
            "-action", "reboot=shutdown,shutdown=poweroff",
            .. QemuCommandLine.Devices(spec, paths, QemuCommandLine.Channel(cid, QemuCommandLine.ChannelFd), QemuCommandLine.TapFds(spec)),
        ];
        return new XElement(
            s_qemu + "commandline",
            arguments.Select(a => new XElement(s_qemu + "arg", new XAttribute("value", a))),
            new XElement(s_qemu + "env", new XAttribute("name", EmulatorLaunch.Variable), new XAttribute("value", launch)));
    }

    /// <summary>What XML has no form for (a user's label may hold anything) is replaced.</summary>
    private static string Valid(string text) => string.Create(text.Length, text, (result, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            bool high = i + 1 < source.Length && XmlConvert.IsXmlSurrogatePair(source[i + 1], source[i]);
            bool low = i > 0 && XmlConvert.IsXmlSurrogatePair(source[i], source[i - 1]);
            result[i] = high || low || XmlConvert.IsXmlChar(source[i]) ? source[i] : '\ufffd';
        }
    });
}
