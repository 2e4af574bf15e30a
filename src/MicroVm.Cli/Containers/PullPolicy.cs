namespace MicroVm.Cli.Containers;

/// <summary>--pull: when the image is fetched before the container is made.</summary>
internal enum PullPolicy
{
    Missing,
    Always,
    Never,
}
