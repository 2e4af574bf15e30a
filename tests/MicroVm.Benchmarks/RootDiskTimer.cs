using System.Diagnostics;
using System.Globalization;
using MicroVm.Images;
using MicroVm.Images.Layers;

namespace MicroVm.Benchmarks;

/// <summary>Times what the daemon does for an image that it starts for the first time: the layers are there, the disk is not.</summary>
internal static class RootDiskTimer
{
    private const int WarmRuns = 21;

    /// <summary>Milliseconds: the first in this process, and the median of those that follow it.</summary>
    public static async Task<string> RunAsync(string directory)
    {
        LayerStore store = LayerStore.Open(SampleLayers.StoreOf(directory));
        IReadOnlyList<Digest> layers = SampleLayers.Read(directory);
        double first = await TimeAsync(store, layers);
        var warm = new List<double>();
        for (int i = 0; i < WarmRuns; i++)
        {
            warm.Add(await TimeAsync(store, layers));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{first:0.0} {warm.Order().ElementAt(WarmRuns / 2):0.0}");
    }

    private static async Task<double> TimeAsync(LayerStore store, IReadOnlyList<Digest> layers)
    {
        long start = Stopwatch.GetTimestamp();
        RootDisk disk = await store.GetRootDiskAsync(layers, CancellationToken.None);
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Directory.Delete(Path.GetDirectoryName(disk.Descriptor)!, recursive: true);
        return time;
    }
}
