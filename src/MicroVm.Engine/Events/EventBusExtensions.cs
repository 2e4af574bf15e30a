using System.Globalization;
using MicroVm.Engine.Containers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Events;

/// <summary>Events with the attributes that Docker gives each kind of object.</summary>
public static class EventBusExtensions
{
    /// <summary>Its labels, <c>image</c> and <c>name</c>, and what is particular to the event.</summary>
    public static void Publish(
        this EventBus events, ContainerSnapshot container, string action, params ReadOnlySpan<(string Name, string Value)> particular)
    {
        Dictionary<string, string> attributes = new(container.Effective.Labels)
        {
            ["image"] = container.Spec.Image,
            ["name"] = container.Name,
        };
        foreach ((string name, string value) in particular)
        {
            attributes[name] = value;
        }

        events.Publish(EventTypes.Container, action, container.Id, attributes);
    }

    /// <param name="name">How the image was called by who acted on it.</param>
    public static void Publish(this EventBus events, StoredImage image, string action, string name)
    {
        Dictionary<string, string> attributes = new(image.Config.Labels) { ["name"] = name };
        events.Publish(EventTypes.Image, action, image.Id.ToString(), attributes);
    }

    internal static string Text(this int number) => number.ToString(CultureInfo.InvariantCulture);
}
