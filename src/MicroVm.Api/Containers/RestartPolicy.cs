namespace MicroVm.Api.Containers;

/// <param name="Name">no (or empty), always, unless-stopped, on-failure.</param>
public sealed record RestartPolicy(string? Name, int MaximumRetryCount);
