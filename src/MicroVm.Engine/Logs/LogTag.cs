using System.Text.RegularExpressions;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>
/// The log option <c>tag</c>: text with Docker's marks (https://docs.docker.com/engine/logging/log_tags/), which are Go's templates
/// without their functions.
/// </summary>
internal static partial class LogTag
{
    private const int MaximumLength = 4096;
    private const int ShortId = 12;
    private const string Daemon = "mvm";

    /// <exception cref="EngineException">Invalid: a mark that there is not.</exception>
    public static void Check(string template)
    {
        Require(template.Length <= MaximumLength, $"invalid value for tag: longer than {MaximumLength} characters");
        string rest = Mark().Replace(template, mark => IsKnown(mark.Groups[1].Value) ? "" : mark.Value);
        int wrong = rest.IndexOf("{{", StringComparison.Ordinal);
        Require(wrong < 0, $"invalid value for tag: '{OneLine.Of(wrong < 0 ? "" : rest[wrong..], 64)}', "
            + "use {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageID}}, {{.ImageFullID}}, {{.ImageName}}, {{.DaemonName}}");
    }

    public static string Render(string template, ContainerSnapshot container) =>
        Mark().Replace(template, mark => Value(mark.Groups[1].Value, container) ?? mark.Value);

    private static bool IsKnown(string name) =>
        name is "ID" or "FullID" or "Name" or "ImageID" or "ImageFullID" or "ImageName" or "DaemonName";

    private static string? Value(string name, ContainerSnapshot container) => name switch
    {
        "ID" => container.Id[..ShortId],
        "FullID" => container.Id,
        "Name" => container.Name,
        "ImageID" => container.ImageId.Hex[..ShortId],
        "ImageFullID" => container.ImageId.ToString(),
        "ImageName" => container.Spec.Image,
        "DaemonName" => Daemon,
        _ => null,
    };

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }

    [GeneratedRegex(@"\{\{\s*\.([A-Za-z]+)\s*\}\}")]
    private static partial Regex Mark();
}
