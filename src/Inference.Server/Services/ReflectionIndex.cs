using Google.Protobuf;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Inference.Server.Services;

/// <summary>Finds the files that declare names. Built once from the descriptors of what is served and everything that they import.</summary>
internal sealed class ReflectionIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Type, int Number), FileDescriptor> _extensions = [];
    private readonly HashSet<string> _messages = new(StringComparer.Ordinal);

    public ReflectionIndex(IEnumerable<ServiceDescriptor> services)
    {
        Services = [.. services.Select(service => service.FullName)];
        foreach (ServiceDescriptor service in services)
            Add(service.File);
    }

    /// <summary>Full names of all services.</summary>
    public IReadOnlyList<string> Services { get; }

    /// <summary>The file of this name and what it imports, imports last; null when there is none.</summary>
    public IReadOnlyList<ByteString>? File(string name) => _files.TryGetValue(name, out FileDescriptor? file) ? WithImports(file) : null;

    /// <summary>The file that declares a service, method, message, field, oneof, enum, enum value or extension.</summary>
    public IReadOnlyList<ByteString>? FileOfSymbol(string symbol) => _symbols.TryGetValue(symbol.TrimStart('.'), out FileDescriptor? file) ? WithImports(file) : null;

    /// <summary>The file that declares an extension of a message.</summary>
    public IReadOnlyList<ByteString>? FileOfExtension(string type, int number) =>
        _extensions.TryGetValue((type.TrimStart('.'), number), out FileDescriptor? file) ? WithImports(file) : null;

    /// <summary>The numbers of all known extensions of a message, ascending; null when there is no such message.</summary>
    public IReadOnlyList<int>? ExtensionsOf(string type)
    {
        string name = type.TrimStart('.');
        return _messages.Contains(name) ? [.. _extensions.Keys.Where(key => key.Type == name).Select(key => key.Number).Order()] : null;
    }

    private static List<ByteString> WithImports(FileDescriptor file)
    {
        var files = new List<FileDescriptor> { file };
        for (int i = 0; i < files.Count; i++)
        {
            foreach (FileDescriptor import in files[i].Dependencies)
            {
                if (!files.Contains(import))
                    files.Add(import);
            }
        }

        return [.. files.Select(one => one.SerializedData)];
    }

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
            return;
        foreach (FileDescriptor import in file.Dependencies)
            Add(import);
        foreach (ServiceDescriptor service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
                _symbols[method.FullName] = file;
        }

        foreach (MessageDescriptor message in file.MessageTypes)
            Add(message, file);
        foreach (EnumDescriptor type in file.EnumTypes)
            Add(type, file);
        foreach (FieldDescriptor extension in file.Extensions.UnorderedExtensions)
            AddExtension(extension, file);
    }

    private void Add(MessageDescriptor message, FileDescriptor file)
    {
        _symbols[message.FullName] = file;
        _messages.Add(message.FullName);
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            _symbols[field.FullName] = file;
        foreach (OneofDescriptor oneof in message.Oneofs)
            _symbols[oneof.FullName] = file;
        foreach (MessageDescriptor nested in message.NestedTypes)
            Add(nested, file);
        foreach (EnumDescriptor type in message.EnumTypes)
            Add(type, file);
        foreach (FieldDescriptor extension in message.Extensions.UnorderedExtensions)
            AddExtension(extension, file);
    }

    private void Add(EnumDescriptor type, FileDescriptor file)
    {
        _symbols[type.FullName] = file;
        // Values live beside their enum, not in it (protobuf scoping, after C++).
        string scope = type.FullName[..(type.FullName.LastIndexOf('.') + 1)];
        foreach (EnumValueDescriptor value in type.Values)
            _symbols[scope + value.Name] = file;
    }

    private void AddExtension(FieldDescriptor extension, FileDescriptor file)
    {
        _symbols[extension.FullName] = file;
        _extensions[(extension.ExtendeeType.FullName, extension.FieldNumber)] = file;
    }
}
