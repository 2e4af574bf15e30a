namespace MicroVm.Cli.Containers;

/// <summary>Paths of the Engine API with what the user typed in them escaped.</summary>
internal static class ContainerPaths
{
    internal static string Of(string container, string action) => $"/containers/{Uri.EscapeDataString(container)}/{action}";

    /// <summary>What image names are made of stays as it is.</summary>
    internal static string OfImage(string image, string action) => "/images/" + Uri.EscapeDataString(image)
        .Replace("%2F", "/", StringComparison.Ordinal)
        .Replace("%3A", ":", StringComparison.Ordinal)
        .Replace("%40", "@", StringComparison.Ordinal) + action;
}
