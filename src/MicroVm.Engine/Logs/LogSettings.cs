using System.Globalization;
using MicroVm.Engine.Configuration;

namespace MicroVm.Engine.Logs;

/// <summary>How a container's output is kept: Docker's log drivers and their options.</summary>
/// <param name="IsKept">False: output is for attached clients alone (driver <c>none</c>).</param>
/// <param name="MaxSize">Bytes of one file before the next is begun; 0: without end.</param>
/// <param name="MaxFiles">Files that are kept, the one being written among them.</param>
/// <param name="IsBlocking">The container waits for attached clients that are slow; else they lose what they don't read.</param>
internal sealed record LogSettings(bool IsKept, long MaxSize, int MaxFiles, bool IsBlocking)
{
    private const int MostFiles = 1000;

    // Of the local driver (https://docs.docker.com/engine/logging/drivers/local/).
    private const long LocalSize = 20 << 20;
    private const int LocalFiles = 5;

    private static readonly string[] s_options =
        ["max-size", "max-file", "mode", "max-buffer-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"];

    public static LogSettings Unbounded { get; } = new(IsKept: true, MaxSize: 0, MaxFiles: 1, IsBlocking: true);

    /// <param name="driver">json-file (or empty), local, none.</param>
    /// <exception cref="EngineException">Invalid: no such driver or option, or a value that it can't have.</exception>
    public static LogSettings Parse(string driver, IReadOnlyDictionary<string, string> options)
    {
        Require(driver is "" or "json-file" or "local" or "none", $"logger: no log driver named '{OneLine.Of(driver, 64)}' is registered: use json-file, local or none");
        string name = driver.Length == 0 ? "json-file" : driver;
        Require(name != "none" || options.Count == 0, "log driver none takes no options");
        foreach (string option in options.Keys)
        {
            Require(s_options.Contains(option), $"unknown log opt '{OneLine.Of(option, 64)}' for {name} log driver");
        }

        bool isLocal = name == "local";
        long size = Size(options, "max-size", isLocal ? LocalSize : 0);
        int files = Files(options, isLocal ? LocalFiles : 1);
        Require(size > 0 || !options.ContainsKey("max-file") || files == 1, "max-file cannot be set when max-size is not set");
        _ = Size(options, "max-buffer-size", 0);
        string mode = options.GetValueOrDefault("mode", "blocking");
        Require(mode is "blocking" or "non-blocking", $"logger: logging mode not supported: {OneLine.Of(mode, 64)}");
        Require(mode == "non-blocking" || !options.ContainsKey("max-buffer-size"), "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
        return new(name != "none", size, files, mode == "blocking");
    }

    private static long Size(IReadOnlyDictionary<string, string> options, string name, long otherwise)
    {
        if (!options.TryGetValue(name, out string? text) || text == "-1")
        {
            return otherwise;
        }

        Require(ByteSize.TryParse(text, out long size) && size > 0, $"invalid value for {name}: '{OneLine.Of(text, 64)}'");
        return size;
    }

    private static int Files(IReadOnlyDictionary<string, string> options, int otherwise)
    {
        if (!options.TryGetValue("max-file", out string? text))
        {
            return otherwise;
        }

        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int files);
        Require(isNumber && files is >= 1 and <= MostFiles, $"invalid value for max-file: '{OneLine.Of(text, 64)}', it is from 1 to {MostFiles}");
        return files;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }
}
