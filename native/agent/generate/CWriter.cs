using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Generate;

/// <summary>Writes the C structures and their codec.</summary>
internal sealed class CWriter(Model model)
{
    private const string Banner = "// From src/MicroVm.Protocol/Messages/Messages.cs by native/agent/generate. Not to be edited.";
    private StringBuilder _text = new();

    public string Header()
    {
        _text = new();
        _text.AppendLine(Banner);
        _text.AppendLine("""
            //
            // A payload is decoded in place: texts become C strings within it, arrays lie in the arena. Both must outlive the
            // message. Texts with a NUL byte are refused.
            #pragma once

            #include <stdbool.h>
            #include <stddef.h>
            #include <stdint.h>
            #include <sys/types.h>

            #include "../msgpack.h"

            """);
        Constants();
        _text.AppendLine("enum msg_type {");
        foreach (Record message in model.Messages)
        {
            _text.AppendLine($"\t{Constant(message)} = {message.Message!.Type},");
        }

        _text.AppendLine("};");
        foreach (Record record in model.Structs.Concat(model.Messages))
        {
            Structure(record);
        }

        Union();
        return _text.ToString();
    }

    public string Source()
    {
        _text = new();
        _text.AppendLine(Banner);
        _text.AppendLine("#include \"messages.h\"\n\n#include <errno.h>");
        foreach (Record record in model.Structs.Concat(model.Messages).Where(r => r.Fields.Count > 0))
        {
            Decoder(record);
            Encoder(record);
        }

        Dispatch();
        return _text.ToString();
    }

    private static string Constant(Record message) => message.CName.ToUpperInvariant();

    private void Constants()
    {
        _text.AppendLine($"#define MSG_VERSION {ProtocolLimits.Version}u");
        _text.AppendLine($"#define MSG_MAX_FRAME_TO_GUEST {ProtocolLimits.MaxFrameToGuest}u");
        _text.AppendLine($"#define MSG_MAX_FRAME_TO_HOST {ProtocolLimits.MaxFrameToHost}u");
        _text.AppendLine($"#define MSG_MAX_DATA {ProtocolLimits.MaxData}u");
        _text.AppendLine($"#define MSG_MAX_DEPTH {ProtocolLimits.MaxDepth}u");
        _text.AppendLine($"#define MSG_MAX_PROCESSES {ProtocolLimits.MaxProcesses}u");
        _text.AppendLine($"#define MSG_MAX_PROCESS_TEXT {ProtocolLimits.MaxProcessText}u");
        _text.AppendLine($"#define MSG_MIN_WINDOW {ProtocolLimits.MinWindow}u");
        _text.AppendLine($"#define MSG_MAX_WINDOW {ProtocolLimits.MaxWindow}u");
        _text.AppendLine($"#define MSG_PREAMBLE_SIZE {ProtocolLimits.PreambleSize}u");
        _text.AppendLine($"#define MSG_PREAMBLE_MAGIC 0x{ProtocolLimits.PreambleMagic:X16}ull");
        _text.AppendLine($"#define MSG_VSOCK_PORT {ProtocolLimits.VsockPort}u");
        _text.AppendLine($"#define MSG_SERIAL_PORT \"{ProtocolLimits.SerialPortName}\"");
        _text.AppendLine($"#define MSG_SHARE_TAG \"{ProtocolLimits.ShareTag}\"");
        _text.AppendLine($"#define MSG_TOKEN_FILE \"{ProtocolLimits.TokenFile}\"");
        _text.AppendLine("// Room that the arrays of any one message need.");
        _text.AppendLine($"#define MSG_ARENA_SIZE {model.Messages.Max(Arena)}u\n");
        foreach (Type type in model.Messages.SelectMany(m => m.Fields).Where(f => f.Kind == Kind.Enum).Select(f => f.Type).Distinct())
        {
            _text.AppendLine($"enum msg_{Names.Snake(type.Name)} {{");
            foreach (object value in Enum.GetValues(type))
            {
                _text.AppendLine($"\tMSG_{Names.Snake(type.Name).ToUpperInvariant()}_{Names.Snake(value.ToString()!).ToUpperInvariant()} = {Convert.ToUInt32(value, null)},");
            }

            _text.AppendLine("};\n");
        }
    }

    /// <summary>Upper bound: pointers for texts, 128 bytes for a record, alignment.</summary>
    private int Arena(Record record) => record.Fields.Sum(field => field.Kind switch
    {
        Kind.TextList => (field.Limit + 1) * 8 + 16,
        Kind.RecordList => field.Limit * (128 + Arena(model.Structs.Single(s => s.Type == field.Element))) + 16,
        _ => 0,
    });

    private void Structure(Record record)
    {
        if (record.Fields.Count == 0)
        {
            return;
        }

        _text.AppendLine($"\nstruct {record.CName} {{");
        foreach (Field field in record.Fields)
        {
            _text.AppendLine("\t" + Declaration(field));
        }

        _text.AppendLine("};");
    }

    private string Declaration(Field field) => field.Kind switch
    {
        Kind.Boolean => $"bool {field.CName};",
        Kind.UInt32 or Kind.Enum => $"uint32_t {field.CName};",
        Kind.UInt64 => $"uint64_t {field.CName};",
        Kind.Int32 => $"int32_t {field.CName};",
        Kind.Text => $"const char *{field.CName};",
        Kind.Binary => $"struct mp_bytes {field.CName};",
        Kind.Record => $"struct {CName(field)} {field.CName};",
        Kind.TextList => $"const char **{field.CName};\t// NULL-terminated\n\tsize_t {field.CName}_count;",
        _ => $"struct {CName(field)} *{field.CName};\n\tsize_t {field.CName}_count;",
    };

    private string CName(Field field) => model.Structs.Single(s => s.Type == field.Element).CName;

    private void Union()
    {
        _text.AppendLine("""

            struct msg {
            	uint32_t type;	// enum msg_type
            	uint32_t id;
            	union {
            """);
        foreach (Record message in model.Messages.Where(m => m.Fields.Count > 0))
        {
            string member = Names.Snake(message.Name);
            _text.AppendLine($"\t\tstruct {message.CName} {member};");
        }

        _text.AppendLine("""
            	};
            };

            // Decodes a frame's payload that the host (or, for tests, the guest) has sent. 0, -EPROTO for anything malformed or
            // over a limit, -ENOMEM when the arena is too small.
            int msg_decode(uint8_t *payload, size_t size, bool from_host, struct mp_arena *arena, struct msg *ret);

            // Encodes a message as a frame's payload. Returns its length, or -ENOBUFS when the buffer is too small or
            // a field over its limit.
            ssize_t msg_encode(const struct msg *message, uint8_t *buffer, size_t size);

            // The same for a Data message without its bytes, which must follow: Data.bytes.length of them.
            ssize_t msg_encode_data_head(const struct msg *message, uint8_t *buffer, size_t size);
            """);
    }

    private void Decoder(Record record)
    {
        string fields = record.Message is null ? "" : ", size_t count";
        _text.AppendLine($"\nstatic void decode_{record.CName}(struct mp_reader *r, struct mp_arena *arena, struct {record.CName} *m{fields})\n{{");
        _text.AppendLine(record.Message is null
            ? $"\tsize_t later = mp_read_record(r, {record.Fields.Count});\n"
            : $"\tsize_t later = mp_later(r, count, {record.Fields.Count});\n");
        if (!record.Fields.Any(f => f.Kind is Kind.TextList or Kind.RecordList or Kind.Record))
        {
            _text.AppendLine("\t(void)arena;");
        }

        foreach (Field field in record.Fields)
        {
            _text.AppendLine(Decode(field));
        }

        _text.AppendLine("\tmp_skip(r, later, MSG_MAX_DEPTH - 2);\n}");
    }

    private string Decode(Field field) => field.Kind switch
    {
        Kind.Boolean => $"\tm->{field.CName} = mp_read_bool(r);",
        Kind.UInt32 or Kind.Enum => $"\tm->{field.CName} = mp_read_u32(r);",
        Kind.UInt64 => $"\tm->{field.CName} = mp_read_u64(r);",
        Kind.Int32 => $"\tm->{field.CName} = mp_read_i32(r);",
        Kind.Text => $"\tm->{field.CName} = mp_read_text(r, {field.Limit});",
        Kind.Binary => $"\tm->{field.CName} = mp_read_binary(r, {field.Limit});",
        Kind.Record => $"\tdecode_{CName(field)}(r, arena, &m->{field.CName});",
        Kind.TextList => $"\tm->{field.CName} = mp_read_texts(r, arena, {field.Limit}, {field.ElementLimit}, &m->{field.CName}_count);",
        _ => $$"""
            	m->{{field.CName}}_count = mp_read_array(r, {{field.Limit}});
            	m->{{field.CName}} = mp_arena_get(r, arena, m->{{field.CName}}_count, sizeof(*m->{{field.CName}}));
            	for (size_t i = 0; i < m->{{field.CName}}_count && !r->error; i++)
            		decode_{{CName(field)}}(r, arena, &m->{{field.CName}}[i]);
            """,
    };

    private void Encoder(Record record)
    {
        _text.AppendLine($"\nstatic void encode_{record.CName}(struct mp_writer *w, const struct {record.CName} *m)\n{{");
        if (record.Message is null)
        {
            _text.AppendLine($"\tmp_write_array(w, {record.Fields.Count});");
        }

        foreach (Field field in record.Fields)
        {
            _text.AppendLine(Encode(field));
        }

        _text.AppendLine("}");
    }

    private string Encode(Field field) => field.Kind switch
    {
        Kind.Boolean => $"\tmp_write_bool(w, m->{field.CName});",
        Kind.UInt32 or Kind.Enum or Kind.UInt64 => $"\tmp_write_uint(w, m->{field.CName});",
        Kind.Int32 => $"\tmp_write_int(w, m->{field.CName});",
        Kind.Text => $"\tmp_write_text(w, m->{field.CName}, {field.Limit});",
        Kind.Binary => $"\tmp_write_binary(w, m->{field.CName}, {field.Limit});",
        Kind.Record => $"\tencode_{CName(field)}(w, &m->{field.CName});",
        Kind.TextList => $"\tmp_write_texts(w, m->{field.CName}, m->{field.CName}_count, {field.Limit}, {field.ElementLimit});",
        _ => $"\tmp_write_list(w, m->{field.CName}_count, {field.Limit});\n\tfor (size_t i = 0; i < m->{field.CName}_count && !w->overflow; i++)\n\t\tencode_{CName(field)}(w, &m->{field.CName}[i]);",
    };

    private void Dispatch()
    {
        _text.AppendLine("""

            static bool may_send(uint32_t type, bool host)
            {
            	switch (type) {
            """);
        foreach (IGrouping<Direction, Record> group in model.Messages.GroupBy(m => m.Message!.Direction))
        {
            foreach (Record message in group)
            {
                _text.AppendLine($"\tcase {Constant(message)}:");
            }

            _text.AppendLine(group.Key switch
            {
                Direction.HostToGuest => "\t\treturn host;",
                Direction.GuestToHost => "\t\treturn !host;",
                _ => "\t\treturn true;",
            });
        }

        _text.AppendLine("""
            	default:
            		return false;
            	}
            }

            static void decode_fields(struct mp_reader *r, struct mp_arena *arena, struct msg *m, size_t count)
            {
            	switch (m->type) {
            """);
        foreach (Record message in model.Messages.Where(m => m.Fields.Count > 0))
        {
            _text.AppendLine($"\tcase {Constant(message)}:\n\t\tdecode_{message.CName}(r, arena, &m->{Names.Snake(message.Name)}, count);\n\t\tbreak;");
        }

        _text.AppendLine("""
            	default:
            		mp_skip(r, count, MSG_MAX_DEPTH - 1);
            		break;
            	}
            }

            int msg_decode(uint8_t *payload, size_t size, bool from_host, struct mp_arena *arena, struct msg *ret)
            {
            	struct mp_reader r = {.data = payload, .length = size};
            	size_t count = mp_read_array(&r, SIZE_MAX);

            	*ret = (struct msg){.type = mp_read_u32(&r)};
            	ret->id = mp_read_u32(&r);
            	if (r.error)
            		return r.error;
            	if (count < 2 || !may_send(ret->type, from_host))
            		return -EPROTO;
            	arena->used = 0;
            	decode_fields(&r, arena, ret, count - 2);
            	if (!r.error && r.position != r.length)
            		return -EPROTO;
            	return r.error;
            }

            static void encode_fields(struct mp_writer *w, const struct msg *m)
            {
            	switch (m->type) {
            """);
        foreach (Record message in model.Messages)
        {
            _text.AppendLine($"\tcase {Constant(message)}:\n\t\tmp_write_head(w, m->type, m->id, {message.Fields.Count});");
            if (message.Fields.Count > 0)
            {
                _text.AppendLine($"\t\tencode_{message.CName}(w, &m->{Names.Snake(message.Name)});");
            }

            _text.AppendLine("\t\tbreak;");
        }

        _text.AppendLine("""
            	default:
            		w->overflow = true;
            		break;
            	}
            }

            ssize_t msg_encode(const struct msg *message, uint8_t *buffer, size_t size)
            {
            	struct mp_writer w = {.data = buffer, .size = size};

            	encode_fields(&w, message);
            	return w.overflow ? -ENOBUFS : (ssize_t)w.length;
            }

            ssize_t msg_encode_data_head(const struct msg *message, uint8_t *buffer, size_t size)
            {
            	struct mp_writer w = {.data = buffer, .size = size};

            	mp_write_head(&w, MSG_DATA, 0, 3);
            	mp_write_uint(&w, message->data.stream);
            	mp_write_uint(&w, message->data.offset);
            	mp_write_binary_head(&w, message->data.bytes.length, MSG_MAX_DATA);
            	return w.overflow ? -ENOBUFS : (ssize_t)w.length;
            }
            """);
    }
}
