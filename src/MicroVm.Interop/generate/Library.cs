namespace MicroVm.Interop.Generate;

/// <summary>Headers that become one class of bindings.</summary>
/// <param name="Name">The folder, and the first part of the class's name.</param>
/// <param name="Includes">What is read, in this order.</param>
/// <param name="Scope">Parts of the paths of the headers whose declarations are wanted.</param>
/// <param name="License">Of the headers, whose comments the bindings carry.</param>
internal sealed record Library(string Name, string[] Includes, string[] Scope, string License)
{
    public static IReadOnlyList<Library> All { get; } =
    [
        new("Libvirt", ["libvirt/libvirt.h", "libvirt/virterror.h", "libvirt/libvirt-qemu.h"], ["/libvirt/"], "LGPL-2.1-or-later")
        {
            SharedObjects = [("/libvirt-qemu.h", "libvirt-qemu.so.0"), ("", "libvirt.so.0")],
        },
        new("Kvm", ["linux/kvm.h"], ["/linux/kvm.h", "/asm/kvm.h"], "GPL-2.0 WITH Linux-syscall-note"),
        new("VmSockets", ["sys/socket.h", "linux/vm_sockets.h"], ["/linux/vm_sockets.h"], "GPL-2.0 WITH Linux-syscall-note"),
        new("Vhost", ["linux/vhost.h"], ["/linux/vhost.h", "/linux/vhost_types.h"], "GPL-2.0 WITH Linux-syscall-note"),
        new("Zstd", ["zstd.h"], ["/zstd.h"], "BSD-3-Clause") { SharedObjects = [("", "libzstd.so.1")] },
    ];

    /// <summary>Which library has the functions of the header whose path ends so; the first that fits.</summary>
    public (string Header, string Library)[] SharedObjects { get; init; } = [];

    public string ClassName => Name + "Methods";

    public string Text => string.Concat(Includes.Select(i => $"#include <{i}>\n"));

    public bool Contains(string path) => Scope.Any(s => path.Contains(s, StringComparison.Ordinal));

    public string SharedObject(string path) => SharedObjects.First(s => path.EndsWith(s.Header, StringComparison.Ordinal)).Library;
}
