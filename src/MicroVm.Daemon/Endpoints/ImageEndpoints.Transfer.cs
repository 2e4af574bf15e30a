using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Engine.Events;
using MicroVm.Images.Archives;
using MicroVm.Images.References;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Pull, push, load and save: what takes long.</summary>
internal sealed partial class ImageEndpoints
{
    private const int MaxAuthHeader = 32 * 1024;
    private const int MaxSavedNames = 1000;

    private async Task CreateAsync(HttpContext context)
    {
        if (context.Query("fromImage").Length == 0)
        {
            throw context.Query("fromSrc").Length > 0
                ? ApiException.Unsupported("importing a file system as an image is not supported")
                : ApiException.BadRequest("fromImage missing");
        }

        ImageReference reference = ParseReference(context.Query("fromImage"), context.Query("tag"));
        string platform = context.Query("platform");
        var options = new PullOptions(platform.Length == 0 ? null : platform, Credentials(context.Request.Headers["X-Registry-Auth"].ToString()));
        await ProgressResponse.RunAsync(context, async progress =>
        {
            StoredImage image = await images.PullAsync(reference, options, progress, context.RequestAborted);
            events.Publish(image, "pull", reference.Familiar);
        });
    }

    /// <param name="name">Without a tag, and no tag in the query: all that the repository has.</param>
    private async Task PushAsync(HttpContext context, string name)
    {
        IReadOnlyList<ImageReference> references = ToPush(name, context.Query("tag"));
        RegistryCredentials? credentials = Credentials(context.Request.Headers["X-Registry-Auth"].ToString());
        await ProgressResponse.RunAsync(context, async progress =>
        {
            foreach (ImageReference reference in references)
            {
                PushedImage pushed = await images.PushAsync(reference, credentials, progress, context.RequestAborted);
                events.Publish(Find(reference.Familiar), "push", reference.Familiar);
                progress.Add(new ProgressMessage { Aux = new(pushed.Tag, pushed.Digest.ToString(), pushed.Size) });
            }
        });
    }

    private List<ImageReference> ToPush(string name, string tag)
    {
        ImageReference given = ParseReference(name, tag);
        if (given.Digest is not null)
        {
            throw ApiException.BadRequest("cannot push a digest reference");
        }

        if (tag.Length > 0 || !ImageReference.IsNameOnly(name))
        {
            return [given];
        }

        List<ImageReference> tagged = [.. images.List().SelectMany(image => image.RepoTags).Select(ImageReference.Parse).Where(one => one.Name == given.Name)];
        return tagged.Count > 0 ? tagged : throw ApiException.NotFound($"An image does not exist locally with the tag: {given.FamiliarName}");
    }

    private async Task LoadAsync(HttpContext context)
    {
        bool quiet = context.QueryFlag("quiet");
        await ProgressResponse.RunAsync(context, async progress =>
        {
            IReadOnlyList<LoadedImage> loaded = await images.LoadAsync(
                context.Request.Body, quiet ? new Progress() : progress, context.RequestAborted);
            foreach (LoadedImage image in loaded)
            {
                events.Publish(image.Image, "load", image.Image.Id.ToString());
                progress.Add(new ProgressMessage
                {
                    Stream = image.Name is null ? $"Loaded image ID: {image.Image.Id}\n" : $"Loaded image: {image.Name}\n",
                });
            }
        });
    }

    /// <param name="name">Empty: those that the query names.</param>
    private async Task SaveAsync(HttpContext context, string name)
    {
        string[] names = name.Length > 0 ? [name] : [.. context.Request.Query["names"].OfType<string>().Where(given => given.Length > 0)];
        if (names.Length is 0 or > MaxSavedNames)
        {
            throw ApiException.BadRequest(names.Length == 0 ? "no image was named" : $"{names.Length} images are named: at most {MaxSavedNames}");
        }

        ImageExport export = images.Export(names);
        foreach (string each in names)
        {
            if (images.Find(each) is { } image)
            {
                events.Publish(image, "save", each);
            }
        }

        context.Response.ContentType = MediaTypes.Tar;
        await context.Response.StartAsync(context.RequestAborted);
        await export.WriteToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>base64url JSON. Anything unreadable counts as anonymous, as Docker has it for pulls.</summary>
    private static RegistryCredentials? Credentials(string header)
    {
        if (header.Length is 0 or > MaxAuthHeader)
        {
            return null;
        }

        try
        {
            byte[] json = Base64Url.DecodeFromChars(header.Replace('+', '-').Replace('/', '_'));
            AuthConfig? auth = JsonSerializer.Deserialize(json, ApiJsonContext.Api.AuthConfig);
            return auth is null ? null : Credentials(auth);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Null: nobody is named.</summary>
    internal static RegistryCredentials? Credentials(AuthConfig auth)
    {
        string? identity = string.IsNullOrEmpty(auth.IdentityToken) ? null : auth.IdentityToken;
        if (string.IsNullOrEmpty(auth.Username) && !string.IsNullOrEmpty(auth.Auth))
        {
            string[] parts = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Auth)).Split(':', 2);
            return new(parts[0], parts.Length > 1 ? parts[1] : "", identity);
        }

        bool anonymous = string.IsNullOrEmpty(auth.Username) && identity is null;
        return anonymous ? null : new(auth.Username, auth.Password, identity);
    }

    private sealed class Progress : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
        }
    }
}
