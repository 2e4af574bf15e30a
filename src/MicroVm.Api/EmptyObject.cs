namespace MicroVm.Api;

/// <summary>Go's <c>struct{}</c>, the value of the API's sets: <c>{"80/tcp": {}}</c>.</summary>
public sealed record EmptyObject
{
    public static EmptyObject Instance { get; } = new();
}
