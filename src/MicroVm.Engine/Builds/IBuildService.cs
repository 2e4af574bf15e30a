using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Builds;

/// <summary>Images out of Dockerfiles.</summary>
public interface IBuildService
{
    /// <summary>Builds, names, and returns the image. Whatever ends it, nothing is left but images that later builds take up.</summary>
    /// <exception cref="BuildStepException">A command of the Dockerfile's failed.</exception>
    /// <exception cref="EngineException">Invalid: the Dockerfile, the context or the request is wrong.</exception>
    Task<Digest> BuildAsync(BuildRequest request, IBuildOutput output, CancellationToken cancellationToken);

    /// <summary>Removes what a killed daemon has left of its builds.</summary>
    Task RecoverAsync();
}

/// <summary>What a build tells. Each call waits until the client has taken it.</summary>
public interface IBuildOutput
{
    ValueTask WriteAsync(string text, CancellationToken cancellationToken);

    /// <summary>The finished image, for programs.</summary>
    ValueTask WriteResultAsync(Digest image, CancellationToken cancellationToken);

    /// <summary>Runs a transfer whose progress is told.</summary>
    Task<T> TransferAsync<T>(Func<IProgress<TransferProgress>, Task<T>> transfer);
}

/// <summary>A command of the Dockerfile's ended with another code than 0.</summary>
public sealed class BuildStepException : Exception
{
    public BuildStepException()
    {
    }

    public BuildStepException(string message)
        : base(message)
    {
    }

    public BuildStepException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public BuildStepException(int exitCode, string message)
        : base(message) => ExitCode = exitCode;

    public int ExitCode { get; }
}
