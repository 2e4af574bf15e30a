namespace MicroVm.Api.Info;

public sealed record ComponentCommit(string ID);
