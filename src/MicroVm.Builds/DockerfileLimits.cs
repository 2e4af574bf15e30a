namespace MicroVm.Builds;

/// <summary>What a Dockerfile may cost its reader.</summary>
public static class DockerfileLimits
{
    /// <summary>Bytes of the file.</summary>
    public const int MaxSize = 4 << 20;

    /// <summary>Characters of a line, as in Docker.</summary>
    public const int MaxLine = 65535;

    /// <summary>Characters of an instruction with its continuation lines.</summary>
    public const int MaxInstruction = 1 << 20;

    public const int MaxInstructions = 4096;

    /// <summary>Here-documents of one instruction.</summary>
    public const int MaxHereDocuments = 64;

    /// <summary>Characters of a text whose variables have been replaced; each ENV could double the one before.</summary>
    public const int MaxExpansion = 1 << 20;

    /// <summary>Substitutions in one another: ${a:-${b:-…}}.</summary>
    public const int MaxNesting = 64;
}
