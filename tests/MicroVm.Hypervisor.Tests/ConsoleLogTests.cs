using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Tests;

public sealed class ConsoleLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-console").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task LettingGoEndsWhileTheGuestPrints()
    {
        string fifo = Path.Combine(_directory, "console.out");
        NamedPipe.Create(fifo);
        using FileStream guest = new(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        for (int i = 0; i < 50; i++)
        {
            ConsoleLog log = new(fifo, Path.Combine(_directory, "console.log"));
            Task printing = Task.Run(() => Print(guest, 200));
            await Task.Run(log.Dispose).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await printing.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Less than the FIFO holds: nobody reads what comes after the end.</summary>
    private static void Print(FileStream guest, int lines)
    {
        for (int i = 0; i < lines; i++)
        {
            guest.Write("line\r\n"u8);
        }
    }
}
