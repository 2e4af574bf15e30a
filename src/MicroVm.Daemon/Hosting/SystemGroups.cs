using System.Globalization;

namespace MicroVm.Daemon.Hosting;

/// <summary>Groups of the host, from /etc/group.</summary>
internal static class SystemGroups
{
    /// <summary>Null when there is no such group.</summary>
    public static uint? Find(string name)
    {
        try
        {
            foreach (string line in File.ReadLines("/etc/group"))
            {
                string[] fields = line.Split(':');
                if (fields.Length >= 3 && fields[0] == name
                    && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                {
                    return id;
                }
            }
        }
        catch (IOException)
        {
            // None can be found then.
        }

        return null;
    }
}
