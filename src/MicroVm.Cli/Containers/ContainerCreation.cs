using MicroVm.Api.Containers;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Http;
using MicroVm.Cli.Images;
using MicroVm.Cli.Json;
using MicroVm.Cli.Terminal;

namespace MicroVm.Cli.Containers;

/// <summary>Makes a container, fetching its image first when the policy says so or the daemon has none.</summary>
internal sealed class ContainerCreation(CommandContext context, ContainerOptions options)
{
    /// <returns>The container's id.</returns>
    internal string Create()
    {
        byte[] body = ContainerRequest.Write(options, options.Terminal ? WindowWatcher.Current : null);
        if (options.ContainerIdFile is not { Length: > 0 } path)
        {
            return Create(body);
        }

        using var file = IdFile.Open(path);
        string id = Create(body);
        file.Write(id);
        return id;
    }

    private string Create(ReadOnlySpan<byte> body)
    {
        if (options.Pull == PullPolicy.Always)
        {
            Pull();
        }

        return Read(Request(body));
    }

    private byte[] Request(ReadOnlySpan<byte> body)
    {
        try
        {
            return context.Client.Request("POST", Path(), body);
        }
        catch (EngineException refused) when (refused.IsNotFound && options.Pull == PullPolicy.Missing && IsNoImage(refused.Message))
        {
            context.Error.WriteLine($"Unable to find image '{ImageName.Parse(options.Image).Familiar}' locally").Flush();
            Pull();
            return context.Client.Request("POST", Path(), body);
        }
    }

    private void Pull() => ImagePull.Run(context.Client, ImageName.Parse(options.Image), options.Platform, options.Quiet ? null : context.Error);

    private static bool IsNoImage(string message) => message.StartsWith("No such image", StringComparison.OrdinalIgnoreCase);

    private string Path()
    {
        var query = new List<string>();
        if (options.Name is { Length: > 0 } name)
        {
            query.Add($"name={Percent.Encode(name)}");
        }

        if (options.Platform is { Length: > 0 } platform)
        {
            query.Add($"platform={Percent.Encode(platform)}");
        }

        return query.Count == 0 ? "/containers/create" : $"/containers/create?{string.Join('&', query)}";
    }

    private string Read(byte[] answer)
    {
        foreach (string warning in JsonMembers.Texts(JsonMembers.Find(answer, nameof(ContainerCreateResponse.Warnings))))
        {
            context.Error.WriteLine($"WARNING: {Output.SafeText.OneLine(warning)}").Flush();
        }

        return JsonMembers.Text(JsonMembers.Find(answer, nameof(ContainerCreateResponse.Id)))
            ?? throw new ProtocolException("the answer has no Id");
    }
}
