using MicroVm.Cli.Http;

namespace MicroVm.Cli.Containers;

/// <summary>Paths of the Engine API with what the user typed in them escaped.</summary>
internal static class ContainerPaths
{
    internal static string Of(string container, string action) => $"/containers/{Percent.Encode(container)}/{action}";

    internal static string OfExec(string exec, string action) => $"/exec/{Percent.Encode(exec)}/{action}";

    internal static string OfNetwork(string network, string action) => $"/networks/{Percent.Encode(network)}{action}";

    /// <summary>What image names are made of stays as it is.</summary>
    internal static string OfImage(string image, string action) => "/images/" + Percent.Encode(image, "/:@") + action;
}
