using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>One layer's lines of the progress stream: each change of status, and counts at most ten times a second.</summary>
internal sealed class LayerProgress(IProgress<TransferProgress> target, string id)
{
    private const long MillisecondsBetween = 100;
    private long _last = long.MinValue / 2;

    public void Status(string status) => target.Report(new(id, status));

    public void Count(string status, long current, long total)
    {
        long now = Environment.TickCount64;
        if (now - _last >= MillisecondsBetween)
        {
            _last = now;
            target.Report(new(id, status, current, total));
        }
    }
}
