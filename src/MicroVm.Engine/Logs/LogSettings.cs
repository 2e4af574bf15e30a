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

    // What every driver understands, and the two that write files.
    private static readonly string[] s_commonOptions = ["mode", "max-buffer-size"];
    private static readonly string[] s_fileOptions = ["max-size", "max-file", "compress"];

    /// <summary>Files that are not written any more are compressed.</summary>
    public bool Compresses { get; init; }

    /// <summary>A JSON object that every entry carries; empty: none.</summary>
    public byte[] Attributes { get; init; } = [];

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
            Require(IsKnown(name, option), $"unknown log opt '{OneLine.Of(option, 64)}' for {name} log driver");
        }

        bool isLocal = name == "local";
        long size = Size(options, "max-size", isLocal ? LocalSize : 0);
        int files = Files(options, isLocal ? LocalFiles : 1);
        Require(size > 0 || !options.ContainsKey("max-file") || files == 1, "max-file cannot be set when max-size is not set");
        _ = Size(options, "max-buffer-size", 0);
        string mode = options.GetValueOrDefault("mode", "blocking");
        Require(mode is "blocking" or "non-blocking", $"logger: logging mode not supported: {OneLine.Of(mode, 64)}");
        Require(mode == "non-blocking" || !options.ContainsKey("max-buffer-size"), "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
        return new(name != "none", size, files, mode == "blocking") { Compresses = Compress(options, isLocal, size, files) };
    }

    private static bool IsKnown(string driver, string option) =>
        s_commonOptions.Contains(option) || s_fileOptions.Contains(option) || (driver == "json-file" && LogAttributes.Options.Contains(option));

    private static bool Compress(IReadOnlyDictionary<string, string> options, bool otherwise, long size, int files)
    {
        if (!options.TryGetValue("compress", out string? text))
        {
            return otherwise;
        }

        // The words of Go's strconv.ParseBool.
        bool isTrue = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        Require(isTrue || text is "0" or "f" or "F" or "false" or "FALSE" or "False", $"invalid value for compress: '{OneLine.Of(text, 64)}', it is true or false");
        Require(!isTrue || (size > 0 && files > 1), "compress cannot be true when max-file is less than 2 or max-size is not set");
        return isTrue;
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
