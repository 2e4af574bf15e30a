using System.Diagnostics;
using System.Globalization;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Containers;

/// <summary><c>run --timing</c>: one line on stderr, milliseconds.</summary>
internal sealed class StartTimer
{
    private readonly long _begin = Stopwatch.GetTimestamp();
    private double _image;
    private double _firstOutput;
    private string _steps = "";

    internal void ImageReady() => _image = Elapsed();

    internal void FirstOutput() => _firstOutput = Elapsed();

    /// <param name="serverTiming">The daemon's Server-Timing header: <c>disk;dur=1.2, boot;dur=340</c>.</param>
    internal void Started(string? serverTiming)
    {
        // The daemon's total is of its own start; the one that is printed is of the whole command.
        var steps = (serverTiming ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(metric => !metric.StartsWith("total;", StringComparison.Ordinal)).Select(Step);
        _steps = string.Concat(steps.Where(step => step.Length > 0).Select(step => $", {step}"));
    }

    internal void Print() => TextOutput.Error
        .WriteLine(SafeText.OneLine($"timing: image {Format(_image)}{_steps}{(_firstOutput > 0 ? $", first output {Format(_firstOutput)}" : "")}, total {Format(Elapsed())}"))
        .Flush();

    private static string Step(string metric)
    {
        string[] parts = metric.Split(';');
        string? duration = Array.Find(parts, part => part.StartsWith("dur=", StringComparison.Ordinal));
        return duration is not null && double.TryParse(duration[4..], CultureInfo.InvariantCulture, out double value)
            ? $"{parts[0]} {Format(value)}"
            : "";
    }

    private double Elapsed() => Stopwatch.GetElapsedTime(_begin).TotalMilliseconds;

    private static string Format(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms");
}
