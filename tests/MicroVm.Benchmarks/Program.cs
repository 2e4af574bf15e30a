using MicroVm.Benchmarks;

const string Usage = """
    usage: MicroVm.Benchmarks bare-boot --kernel FILE --init-cpio FILE
           MicroVm.Benchmarks jail --kernel FILE --initramfs FILE --directory DIRECTORY
           MicroVm.Benchmarks layers --files COUNT --directory DIRECTORY
           MicroVm.Benchmarks root-disk --directory DIRECTORY
    """;

switch (args)
{
    case ["bare-boot", "--kernel", var kernel, "--init-cpio", var initramfs]:
        Console.WriteLine(BareBoot.CommandLine(kernel, initramfs));
        return 0;
    case ["jail", "--kernel", var kernel, "--initramfs", var initramfs, "--directory", var directory]:
        Console.WriteLine(await JailStart.RunAsync(Path.GetFullPath(kernel), Path.GetFullPath(initramfs), directory));
        return 0;
    case ["layers", "--files", var count, "--directory", var directory] when int.TryParse(count, out int files) && files > 0:
        await SampleLayers.MakeAsync(directory, files);
        return 0;
    case ["root-disk", "--directory", var directory]:
        Console.WriteLine(await RootDiskTimer.RunAsync(directory));
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
