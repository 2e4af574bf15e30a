using MicroVm.Api.Containers;

namespace MicroVm.Api.Tests;

public sealed class GoFileModeTests
{
    [Theory]
    [InlineData(0x81A4, 0x000001A4u)] // 0644 file
    [InlineData(0x41ED, 0x800001EDu)] // 0755 directory
    [InlineData(0xA1FF, 0x080001FFu)] // symlink
    [InlineData(0x43FF, 0x801001FFu)] // sticky directory
    [InlineData(0x89ED, 0x008001EDu)] // set-uid file
    [InlineData(0x85ED, 0x004001EDu)] // set-gid file
    [InlineData(0x21B6, 0x042001B6u)] // character device
    [InlineData(0x61B0, 0x040001B0u)] // block device
    [InlineData(0x1180, 0x02000180u)] // FIFO
    [InlineData(0xC1ED, 0x010001EDu)] // socket
    public void ALinuxModeIsGos(int linux, uint go) => Assert.Equal(go, GoFileMode.FromLinux((uint)linux));
}
