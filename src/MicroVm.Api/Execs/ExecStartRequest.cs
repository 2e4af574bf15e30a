namespace MicroVm.Api.Execs;

/// <summary>Body of <c>POST /exec/{id}/start</c>.</summary>
public sealed record ExecStartRequest
{
    /// <summary>Answer when it runs, without its streams.</summary>
    public bool Detach { get; init; }

    public bool Tty { get; init; }

    /// <summary>Rows, columns.</summary>
    public IReadOnlyList<int>? ConsoleSize { get; init; }
}
