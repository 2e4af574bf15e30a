using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MicroVm.Engine.Persistence;

/// <summary>A JSON file that is replaced as a whole: temporary file, rename.</summary>
internal static class JsonFile
{
    /// <param name="durable">
    /// False where losing it with the host's power does no harm (the file survives the daemon's death either way).
    /// </param>
    public static void Save<T>(string path, T value, JsonTypeInfo<T> type, bool durable)
    {
        string temporary = path + ".tmp";
        using (FileStream file = new(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, value, type);
            file.Flush(flushToDisk: durable);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
