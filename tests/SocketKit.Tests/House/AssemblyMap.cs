using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace SocketKit.Tests.House;

/// <summary>Which source file each type of the library comes from, by its portable PDB, and which other types it refers to.</summary>
internal sealed class AssemblyMap
{
    private const string SourceRoot = "/src/SocketKit/";

    /// <summary>portable-pdb.md, "Type Document": the file of a type that has no code.</summary>
    private static readonly Guid s_typeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader _metadata;
    private readonly Dictionary<TypeDefinitionHandle, string> _files = [];

    public AssemblyMap(MetadataReader metadata, MetadataReader symbols)
    {
        _metadata = metadata;
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            string? file = DocumentsOf(type, symbols).Concat(DocumentsOf(handle, symbols)).Select(RelativePath).OfType<string>()
                .FirstOrDefault();
            if (file is not null)
            {
                _files.TryAdd(OutermostOf(handle), file);
            }
        }
    }

    /// <summary>Types with a source file; nested ones are counted with the type around them.</summary>
    public int Count => _files.Count;

    /// <summary>Every reference from one type of the library to another, with both files.</summary>
    public IEnumerable<Reference> References(Func<int, BlobReader?> bodyOf)
    {
        var reader = new TypeUses(_metadata, bodyOf);
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            TypeDefinitionHandle from = OutermostOf(handle);
            foreach (TypeDefinitionHandle used in reader.Of(handle).Select(OutermostOf).Distinct())
            {
                if (used != from && _files.TryGetValue(from, out string? fromFile) && _files.TryGetValue(used, out string? toFile))
                {
                    yield return new Reference(NameOf(from), fromFile, NameOf(used), toFile);
                }
            }
        }
    }

    private static IEnumerable<string> DocumentsOf(TypeDefinition type, MetadataReader symbols)
    {
        foreach (MethodDefinitionHandle method in type.GetMethods())
        {
            MethodDebugInformation debug = symbols.GetMethodDebugInformation(method.ToDebugInformationHandle());
            if (!debug.Document.IsNil)
            {
                yield return symbols.GetString(symbols.GetDocument(debug.Document).Name);
            }
        }
    }

    private static IEnumerable<string> DocumentsOf(TypeDefinitionHandle type, MetadataReader symbols)
    {
        foreach (CustomDebugInformationHandle handle in symbols.GetCustomDebugInformation(type))
        {
            CustomDebugInformation information = symbols.GetCustomDebugInformation(handle);
            if (symbols.GetGuid(information.Kind) == s_typeDocuments)
            {
                BlobReader blob = symbols.GetBlobReader(information.Value);
                while (blob.RemainingBytes > 0)
                {
                    yield return symbols.GetString(symbols.GetDocument(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger())).Name);
                }
            }
        }
    }

    /// <summary>The path below src/SocketKit; null for what the compiler generated.</summary>
    private static string? RelativePath(string document)
    {
        string path = document.Replace('\\', '/');
        int start = path.LastIndexOf(SourceRoot, StringComparison.Ordinal);
        return start < 0 ? null : path[(start + SourceRoot.Length)..];
    }

    private TypeDefinitionHandle OutermostOf(TypeDefinitionHandle handle)
    {
        TypeDefinitionHandle outer = handle;
        while (_metadata.GetTypeDefinition(outer).GetDeclaringType() is { IsNil: false } declaring)
        {
            outer = declaring;
        }

        return outer;
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    /// <summary>One type that another one mentions.</summary>
    internal sealed record Reference(string From, string FromFile, string To, string ToFile)
    {
        public string FromFolder => Path.GetDirectoryName(FromFile)!.Replace('\\', '/');

        public string ToFolder => Path.GetDirectoryName(ToFile)!.Replace('\\', '/');

        public override string ToString() => $"{From} ({FromFile}) → {To} ({ToFile})";
    }
}
