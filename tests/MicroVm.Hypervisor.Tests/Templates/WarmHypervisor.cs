using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests.Templates;

/// <summary>A QEMU driver that restores VMs from templates, and what it has said of them.</summary>
internal sealed class WarmHypervisor : IDisposable
{
    private readonly List<string> _reports = [];

    /// <param name="directory">Its own, as each daemon has one, and short.</param>
    public WarmHypervisor(string directory) => Driver = new(TestHost.Options with
    {
        RunDirectory = directory,
        WarmStart = true,
        Report = line =>
        {
            lock (_reports)
            {
                _reports.Add(line);
            }
        },
    });

    public QemuHypervisor Driver { get; }

    /// <summary>Has a template made for VMs like this one.</summary>
    /// <returns>What was said of it.</returns>
    public Task<string> ExpectAsync(VmSpec spec)
    {
        Driver.Expect(spec.Kernel, spec.Initramfs, spec.VCpus, spec.Memory);
        return ReportAsync(1);
    }

    /// <summary>The line with this number, counted from 1.</summary>
    public async Task<string> ReportAsync(int number)
    {
        for (int attempt = 0; attempt < 1200; attempt++)
        {
            lock (_reports)
            {
                if (_reports.Count >= number)
                {
                    return _reports[number - 1];
                }
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("no template was made, nor refused");
    }

    public void Dispose() => Driver.Dispose();
}
