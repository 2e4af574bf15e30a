using System.Text;

namespace MicroVm.Generate;

/// <summary>The protocol as a list: an incompatible change shows up as a changed line.</summary>
internal sealed class SnapshotWriter(Model model)
{
    public string Write()
    {
        var text = new StringBuilder();
        foreach (Record record in model.Messages.Concat(model.Structs))
        {
            text.AppendLine(record.Message is { } message ? $"{message.Type} {record.Name} {message.Direction}" : $"struct {record.Name}");
            foreach ((int index, Field field) in record.Fields.Index())
            {
                string type = field.Kind is Kind.Record or Kind.RecordList ? $"{field.Kind} {field.Element.Name}" : $"{field.Kind}";
                string limit = field.Limit == 0 ? "" : $" <= {field.Limit}" + (field.ElementLimit == 0 ? "" : $" each <= {field.ElementLimit}");
                text.AppendLine($"  {index} {field.Name}: {type}{limit}");
            }
        }

        return text.ToString();
    }
}
