using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using MicroVm.Api;

namespace MicroVm.Daemon.Endpoints;

/// <summary>How endpoints read requests and write responses.</summary>
internal static class HttpContextExtensions
{
    /// <summary>Largest JSON body, bytes; a create request with every environment variable and label is far below.</summary>
    public const long MaxJsonBody = 4 * 1024 * 1024;

    /// <summary>With the Content-Type that clients compare byte for byte, and a length.</summary>
    public static async Task WriteJsonAsync<T>(
        this HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaTypes.Json;
        context.Response.ContentLength = body.Length + 1;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
        await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
    }

    /// <summary>Null for an empty body. Wrong JSON is <see cref="JsonException"/>, too much of it 413.</summary>
    public static async Task<T?> ReadJsonAsync<T>(this HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxJsonBody;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.Length == 0 ? null : JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), type);
    }

    public static void NoContent(this HttpContext context) => context.Response.StatusCode = StatusCodes.Status204NoContent;

    public static string Query(this HttpContext context, string name) => context.Request.Query[name].ToString();

    /// <summary>Docker's reading: everything but empty, 0, no, false and none is true.</summary>
    public static bool QueryFlag(this HttpContext context, string name) =>
        context.Query(name).ToLowerInvariant() is not ("" or "0" or "no" or "false" or "none");

    public static int? QueryInt(this HttpContext context, string name)
    {
        string text = context.Query(name);
        if (text.Length == 0)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw ApiException.BadRequest($"invalid value of {name}: \"{text}\" is not a number");
    }

    /// <summary>Of a terminal; 0: not known.</summary>
    public static int QueryDimension(this HttpContext context, string name) => context.QueryInt(name) is { } value and >= 0 and <= ushort.MaxValue
        ? value
        : throw ApiException.BadRequest($"invalid resize: {name} must be a number from 0 to 65535");

    public static string RouteText(this HttpContext context, string name) => (string)context.Request.RouteValues[name]!;
}
