using System.Text.Json;
using MicroVm.Images.Files;

namespace MicroVm.Images.Store;

/// <summary>What the configuration blob says, and the layers it is made of, lowest first.</summary>
internal sealed record ParsedImageConfig(ImageConfig Config, IReadOnlyList<Digest> DiffIds);

/// <summary>
/// Reads a configuration blob: OCI image-spec config.md, and Docker's image spec v1.2 for what is Docker's alone
/// (Healthcheck, Shell).
/// </summary>
internal static class ImageConfigReader
{
    /// <summary>Largest blob, bytes.</summary>
    public const int MaxSize = 8 << 20;

    /// <summary>Most layers of an image; Docker's overlay driver stops at 125.</summary>
    public const int MaxLayers = 512;

    private const int MaxHistory = 8192;

    /// <exception cref="ImageException">Invalid.</exception>
    public static ParsedImageConfig Parse(ReadOnlyMemory<byte> blob) =>
        blob.Length <= MaxSize
            ? JsonRead.Parse(blob, "image configuration", Read)
            : throw new ImageException(ImageErrorKind.Invalid, $"invalid image configuration: larger than {MaxSize} bytes");

    private static ParsedImageConfig Read(JsonElement root)
    {
        JsonElement rootfs = root.Object("rootfs") ?? throw new FormatException("'rootfs' is missing");
        if (rootfs.Text("type") != "layers")
        {
            throw new FormatException("'rootfs' is not of type layers");
        }

        IReadOnlyList<string> diffIds = rootfs.Texts("diff_ids") ?? [];
        if (diffIds.Count > MaxLayers)
        {
            throw new FormatException($"more than {MaxLayers} layers");
        }

        return new(ReadConfig(root), [.. diffIds.Select(Digest.Parse)]);
    }

    private static ImageConfig ReadConfig(JsonElement root)
    {
        var image = new ImageConfig
        {
            Architecture = root.Text("architecture") ?? "",
            Os = root.Text("os") ?? "",
            Variant = root.Text("variant"),
            Created = root.Text("created"),
            Author = root.Text("author"),
            DockerVersion = root.Text("docker_version"),
            History = [.. root.Items("history").Take(MaxHistory).Select(ReadHistory)],
        };
        return root.Object("config") is { } config ? WithExecution(image, config) : image;
    }

    private static ImageConfig WithExecution(ImageConfig image, JsonElement config) => image with
    {
        User = config.Text("User") ?? "",
        Env = config.Texts("Env") ?? [],
        Entrypoint = config.TextOrTexts("Entrypoint"),
        Cmd = config.TextOrTexts("Cmd"),
        WorkingDir = config.Text("WorkingDir") ?? "",
        Labels = config.TextMap("Labels"),
        ExposedPorts = config.Names("ExposedPorts"),
        Volumes = config.Names("Volumes"),
        StopSignal = config.Text("StopSignal"),
        Shell = config.TextOrTexts("Shell"),
        OnBuild = config.Texts("OnBuild") ?? [],
        Healthcheck = config.Object("Healthcheck") is { } check ? ReadHealthcheck(check) : null,
    };

    private static HealthcheckConfig ReadHealthcheck(JsonElement check) => new(
        check.TextOrTexts("Test") ?? [],
        check.Number("Interval"),
        check.Number("Timeout"),
        check.Number("StartPeriod"),
        check.Number("StartInterval"),
        (int)Math.Clamp(check.Number("Retries"), 0, int.MaxValue));

    private static ImageHistory ReadHistory(JsonElement entry) => new(
        entry.Text("created"), entry.Text("created_by"), entry.Text("author"), entry.Text("comment"), entry.Flag("empty_layer"));
}
