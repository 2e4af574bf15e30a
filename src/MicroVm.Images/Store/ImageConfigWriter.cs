using System.Buffers;
using System.Text.Json;

namespace MicroVm.Images.Store;

/// <summary>Writes a configuration blob (OCI image-spec config.md, and Docker's own members): what <see cref="ImageConfigReader"/> reads.</summary>
internal static class ImageConfigWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="image">Its history included.</param>
    /// <param name="diffIds">Layers, lowest first.</param>
    public static byte[] Write(ImageConfig image, IReadOnlyList<Digest> diffIds)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("architecture", image.Architecture);
            WriteGiven(json, "author", image.Author);
            WriteConfig(json, image);
            WriteGiven(json, "created", image.Created);
            WriteHistory(json, image.History);
            json.WriteString("os", image.Os);
            WriteLayers(json, diffIds);
            WriteGiven(json, "variant", image.Variant);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteConfig(Utf8JsonWriter json, ImageConfig image)
    {
        json.WriteStartObject("config");
        WriteNames(json, "ExposedPorts", image.ExposedPorts);
        json.WriteString("User", image.User);
        WriteTexts(json, "Env", image.Env);
        WriteTexts(json, "Entrypoint", image.Entrypoint);
        WriteTexts(json, "Cmd", image.Cmd);
        WriteNames(json, "Volumes", image.Volumes);
        json.WriteString("WorkingDir", image.WorkingDir);
        WriteLabels(json, image.Labels);
        WriteGiven(json, "StopSignal", image.StopSignal);
        WriteTexts(json, "Shell", image.Shell);
        WriteTexts(json, "OnBuild", image.OnBuild is { Count: > 0 } ? image.OnBuild : null);
        WriteHealthcheck(json, image.Healthcheck);
        json.WriteEndObject();
    }

    private static void WriteHealthcheck(Utf8JsonWriter json, HealthcheckConfig? check)
    {
        if (check is null)
        {
            return;
        }

        json.WriteStartObject("Healthcheck");
        WriteTexts(json, "Test", check.Test);
        WriteGiven(json, "Interval", check.Interval);
        WriteGiven(json, "Timeout", check.Timeout);
        WriteGiven(json, "StartPeriod", check.StartPeriod);
        WriteGiven(json, "StartInterval", check.StartInterval);
        WriteGiven(json, "Retries", check.Retries);
        json.WriteEndObject();
    }

    private static void WriteHistory(Utf8JsonWriter json, IReadOnlyList<ImageHistory> history)
    {
        json.WriteStartArray("history");
        foreach (ImageHistory step in history)
        {
            json.WriteStartObject();
            WriteGiven(json, "created", step.Created);
            WriteGiven(json, "created_by", step.CreatedBy);
            WriteGiven(json, "author", step.Author);
            WriteGiven(json, "comment", step.Comment);
            if (step.EmptyLayer)
            {
                json.WriteBoolean("empty_layer", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLayers(Utf8JsonWriter json, IReadOnlyList<Digest> diffIds)
    {
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        WriteTexts(json, "diff_ids", [.. diffIds.Select(diffId => diffId.ToString())]);
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count > 0)
        {
            json.WriteStartObject("Labels");
            foreach ((string name, string value) in labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>A set, as Go writes it: an object of empty objects.</summary>
    private static void WriteNames(Utf8JsonWriter json, string member, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            json.WriteStartObject(member);
            foreach (string name in names.Distinct().Order(StringComparer.Ordinal))
            {
                json.WriteStartObject(name);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string member, IReadOnlyList<string>? texts)
    {
        if (texts is not null)
        {
            json.WriteStartArray(member);
            foreach (string text in texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteGiven(Utf8JsonWriter json, string member, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(member, text);
        }
    }

    private static void WriteGiven(Utf8JsonWriter json, string member, long number)
    {
        if (number != 0)
        {
            json.WriteNumber(member, number);
        }
    }
}
