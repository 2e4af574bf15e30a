using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Images;

/// <summary><c>POST /images/create</c> with its progress shown.</summary>
internal static class ImagePull
{
    /// <param name="output">Where progress goes; null: nowhere.</param>
    /// <exception cref="CliException">It failed.</exception>
    internal static void Run(EngineClient client, ImageName name, string? platform, TextOutput? output)
    {
        string query = $"fromImage={Percent.Encode(name.Repository)}&tag={Percent.Encode(name.TagOrDigest)}";
        if (platform is { Length: > 0 })
        {
            query += $"&platform={Percent.Encode(platform)}";
        }

        EngineResponse answer = client.Stream("POST", $"/images/create?{query}", RegistryAuth.HeaderFor(name.Domain));
        ProgressStream.Show(answer, output);
    }
}
