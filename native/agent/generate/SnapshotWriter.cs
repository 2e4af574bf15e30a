using System.Globalization;
using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Generate;

/// <summary>
/// The protocol as a list: what a peer of the same version counts on. Written once a version; the generator refuses to
/// write another for the same one.
/// </summary>
internal sealed class SnapshotWriter(Model model)
{
    private readonly StringBuilder _text = new();

    public static string Path => $"tests/vectors/protocol-{ProtocolLimits.Version}.txt";

    public string Write()
    {
        Limits();
        foreach (Record record in model.Messages.Concat(model.Structs))
        {
            Line(record.Message is { } message ? $"{message.Type} {record.Name} {message.Direction}" : $"struct {record.Name}");
            foreach ((int index, Field field) in record.Fields.Index())
            {
                string type = field.Kind is Kind.Record or Kind.RecordList ? $"{field.Kind} {field.Element.Name}" : $"{field.Kind}";
                string limit = field.Limit == 0 ? "" : $" <= {field.Limit}" + (field.ElementLimit == 0 ? "" : $" each <= {field.ElementLimit}");
                Line($"  {index} {field.Name}: {type}{limit}");
            }
        }

        foreach (Type type in model.Messages.SelectMany(m => m.Fields).Where(f => f.Kind == Kind.Enum).Select(f => f.Type).Distinct())
        {
            Line($"enum {type.Name}");
            foreach (object value in Enum.GetValues(type))
            {
                Line($"  {Convert.ToUInt32(value, null)} {value}");
            }
        }

        return _text.ToString();
    }

    private void Limits()
    {
        foreach (var field in typeof(ProtocolLimits).GetFields().OrderBy(f => f.MetadataToken))
        {
            Line($"{field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        }
    }

    private void Line(string line) => _text.Append(line).Append('\n');
}
