namespace MicroVm.Api;

/// <summary>The generations of the Docker Engine API that are served.</summary>
public static class ApiVersions
{
    /// <summary>The newest; clients use the lower of this and their own.</summary>
    public const string Current = "1.50";

    /// <summary>The oldest.</summary>
    public const string Minimum = "1.24";
}
