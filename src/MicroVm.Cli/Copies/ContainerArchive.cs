using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Copies;

/// <summary>The archive endpoint of a container.</summary>
internal static class ContainerArchive
{
    internal static string PathOf(string container, string path, string more = "") =>
        $"{ContainerPaths.Of(container, "archive")}?path={Percent.Encode(path)}{more}";

    /// <summary>Null: there is nothing at the path, or it can't be told.</summary>
    internal static ContainerPathStat? Stat(EngineClient client, string container, string path)
    {
        using EngineConnection connection = client.Connect();
        connection.Send("HEAD", PathOf(container, path), default);
        EngineResponse response = connection.Receive();
        return response.IsSuccess ? StatOf(response) : null;
    }

    /// <exception cref="ProtocolException">The answer has none.</exception>
    internal static ContainerPathStat StatOf(EngineResponse response)
    {
        try
        {
            byte[] json = Convert.FromBase64String(response.Header(ContainerPathStat.Header) ?? "");
            return JsonSerializer.Deserialize(json, ApiJsonContext.Api.ContainerPathStat) ?? throw new JsonException();
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            throw new ProtocolException("the answer does not say what stands at the path");
        }
    }
}
