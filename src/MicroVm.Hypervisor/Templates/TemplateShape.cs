namespace MicroVm.Hypervisor.Templates;

/// <summary>In what a VM must be the same as the template that it is made of: device state and memory fit no other.</summary>
internal sealed record TemplateShape(FileStamp Qemu, FileStamp Kernel, FileStamp Initramfs, int VCpus, long Memory)
{
    /// <exception cref="IOException">One of the files is not there.</exception>
    public static TemplateShape Of(string qemu, string kernel, string initramfs, int vcpus, long memory) =>
        new(FileStamp.Of(qemu), FileStamp.Of(kernel), FileStamp.Of(initramfs), vcpus, memory);

    public override string ToString() => $"{VCpus} vCPU{(VCpus == 1 ? "" : "s")}, {Memory >> 20} MiB";
}

/// <summary>One version of a file.</summary>
internal readonly record struct FileStamp(string Path, long Size, DateTime Modified)
{
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return new(path, file.Length, file.LastWriteTimeUtc);
    }
}
