using System.Globalization;
using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Generate;

/// <summary>Writes the tables of messages into the protocol's README, between two markers.</summary>
internal sealed class ReadmeWriter(Model model, SourceComments comments)
{
    private const string Begin = "<!-- messages: generated -->\n";
    private const string End = "<!-- end of messages -->";

    public string Write(string readme)
    {
        int begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        int end = readme.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? readme[..(begin + Begin.Length)] + Tables() + readme[end..]
            : throw new InvalidOperationException("the README has lost its markers");
    }

    private string Tables()
    {
        var text = new StringBuilder();
        foreach (Record message in model.Messages)
        {
            string direction = message.Message!.Direction switch
            {
                Direction.HostToGuest => "host → guest",
                Direction.GuestToHost => "guest → host",
                _ => "both ways",
            };
            string reply = ReplyOf(message.Type) is { } name ? $"; answered by {name} or Failure" : "";
            text.Append(CultureInfo.InvariantCulture, $"\n#### {message.Message.Type} {message.Name} ({direction}{reply})\n");
            Body(text, message);
        }

        text.Append("\n### Records within messages\n");
        foreach (Record record in model.Structs)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n#### {record.Name}\n");
            Body(text, record);
        }

        foreach (Type type in model.Messages.SelectMany(m => m.Fields).Where(f => f.Kind == Kind.Enum).Select(f => f.Type).Distinct())
        {
            Values(text, type);
        }

        return text.Append('\n').ToString();
    }

    private static string? ReplyOf(Type type) => type.GetInterfaces()
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>))?.GetGenericArguments()[0].Name;

    private void Body(StringBuilder text, Record record)
    {
        if (comments[record.Name] is { Length: > 0 } summary)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Cell(summary)}\n");
        }

        if (record.Fields.Count == 0)
        {
            text.Append("No fields.\n");
            return;
        }

        text.Append("\n| # | field | type | |\n|---|---|---|---|\n");
        foreach ((int index, Field field) in record.Fields.Index())
        {
            string comment = Cell(comments[$"{record.Name}.{field.Name}"]);
            text.Append(CultureInfo.InvariantCulture, $"| {index} | {field.Name} | {TypeOf(field)} | {comment} |\n");
        }
    }

    private void Values(StringBuilder text, Type type)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n#### {type.Name} (u32)\n{Cell(comments[type.Name])}\n\n| value | name | |\n|---|---|---|\n");
        foreach (object value in Enum.GetValues(type))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Convert.ToUInt32(value, null)} | {value} | {Cell(comments[$"{type.Name}.{value}"])} |\n");
        }
    }

    private static string TypeOf(Field field) => field.Kind switch
    {
        Kind.Boolean => "bool",
        Kind.UInt32 => "u32",
        Kind.UInt64 => "u64",
        Kind.Int32 => "i32",
        Kind.Enum => field.Type.Name,
        Kind.Text => $"str ≤ {field.Limit}",
        Kind.Binary => $"bin ≤ {field.Limit}",
        Kind.Record => field.Type.Name,
        Kind.TextList => $"≤ {field.Limit} × str ≤ {field.ElementLimit}",
        _ => $"≤ {field.Limit} × {field.Element.Name}",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
