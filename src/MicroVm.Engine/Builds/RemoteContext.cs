using MicroVm.Builds;
using MicroVm.Images.Composition;

namespace MicroVm.Engine.Builds;

/// <summary>Where the Dockerfile and the files beside it come from: the request, or a server that it names.</summary>
internal static class RemoteContext
{
    /// <summary>What a client of BuildKit's names in place of an address.</summary>
    private const string BuildKitSession = "client-session";

    /// <returns>The Dockerfile.</returns>
    public static async Task<byte[]> ReadAsync(BuildContext context, BuildRequest request, CancellationToken cancellationToken)
    {
        if (request.Remote.Length == 0)
        {
            await context.ReadAsync(request.Context ?? Stream.Null, cancellationToken).ConfigureAwait(false);
            return await context.ReadDockerfileAsync(request.Dockerfile, cancellationToken).ConfigureAwait(false);
        }

        if (!IsHttp(request.Remote))
        {
            throw new EngineException(EngineErrorKind.Invalid, request.Remote == BuildKitSession
                ? "BuildKit is not supported: set DOCKER_BUILDKIT=0"
                : $"remote contexts of git are not supported, clone it first: {OneLine.Of(request.Remote, 200)}");
        }

        Download download = await Download.FetchAsync(request.Remote, context.NewFile(), cancellationToken).ConfigureAwait(false);
        await using FileStream content = File.OpenRead(download.File);
        if (!await ArchiveProbe.IsTarAsync(content, cancellationToken).ConfigureAwait(false))
        {
            return await ReadDockerfileAsync(content, cancellationToken).ConfigureAwait(false);
        }

        content.Position = 0;
        await context.ReadAsync(content, cancellationToken).ConfigureAwait(false);
        return await context.ReadDockerfileAsync(request.Dockerfile, cancellationToken).ConfigureAwait(false);
    }

    public static bool IsHttp(string source) =>
        (source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        && !source.EndsWith(".git", StringComparison.Ordinal) && !source.Contains(".git#", StringComparison.Ordinal);

    /// <summary>Of one that is too large as much as tells so.</summary>
    private static async Task<byte[]> ReadDockerfileAsync(FileStream content, CancellationToken cancellationToken)
    {
        byte[] dockerfile = new byte[Math.Min(content.Length, DockerfileLimits.MaxSize + 1)];
        content.Position = 0;
        await content.ReadExactlyAsync(dockerfile, cancellationToken).ConfigureAwait(false);
        return dockerfile;
    }
}
