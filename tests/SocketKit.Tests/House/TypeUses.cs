using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace SocketKit.Tests.House;

/// <summary>The types of the same assembly that a type mentions: base, interfaces, signatures, attributes and code.</summary>
internal sealed class TypeUses(MetadataReader metadata, Func<int, BlobReader?> bodyOf)
{
    private static readonly Dictionary<short, OperandType> s_operands = typeof(OpCodes)
        .GetFields()
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value, static code => code.OperandType);

    public HashSet<TypeDefinitionHandle> Of(TypeDefinitionHandle handle)
    {
        var found = new HashSet<TypeDefinitionHandle>();
        var collector = new Collector(metadata, found);
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        Add(type.BaseType, collector);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
        {
            Add(metadata.GetInterfaceImplementation(implementation).Interface, collector);
        }

        foreach (GenericParameterHandle parameter in type.GetGenericParameters())
        {
            AddConstraints(parameter, collector);
        }

        foreach (FieldDefinitionHandle field in type.GetFields())
        {
            metadata.GetFieldDefinition(field).DecodeSignature(collector, null);
        }

        foreach (CustomAttributeHandle attribute in type.GetCustomAttributes())
        {
            Add(metadata.GetCustomAttribute(attribute).Constructor, collector);
        }

        foreach (MethodDefinitionHandle method in type.GetMethods())
        {
            AddMethod(metadata.GetMethodDefinition(method), collector);
        }

        return found;
    }

    private void AddMethod(MethodDefinition method, Collector collector)
    {
        method.DecodeSignature(collector, null);
        foreach (GenericParameterHandle parameter in method.GetGenericParameters())
        {
            AddConstraints(parameter, collector);
        }

        if (method.RelativeVirtualAddress != 0 && bodyOf(method.RelativeVirtualAddress) is { } code)
        {
            AddCode(code, collector);
        }
    }

    private void AddConstraints(GenericParameterHandle parameter, Collector collector)
    {
        foreach (GenericParameterConstraintHandle constraint in metadata.GetGenericParameter(parameter).GetConstraints())
        {
            Add(metadata.GetGenericParameterConstraint(constraint).Type, collector);
        }
    }

    private void AddCode(BlobReader code, Collector collector)
    {
        while (code.RemainingBytes > 0)
        {
            byte first = code.ReadByte();
            // ECMA-335 partition III: 0xFE begins an instruction of two bytes.
            short value = first == 0xfe ? (short)(0xfe00 | code.ReadByte()) : first;
            switch (s_operands[value])
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += sizeof(byte);
                    break;
                case OperandType.InlineVar:
                    code.Offset += sizeof(short);
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += sizeof(long);
                    break;
                case OperandType.InlineSwitch:
                    // Read first: a compound assignment takes the offset before it reads the count.
                    int targets = code.ReadInt32();
                    code.Offset += sizeof(int) * targets;
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Add(MetadataTokens.EntityHandle(code.ReadInt32()), collector);
                    break;
                default:
                    code.Offset += sizeof(int);
                    break;
            }
        }
    }

    private void Add(EntityHandle handle, Collector collector)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                collector.Found.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(collector, null);
                break;
            case HandleKind.FieldDefinition:
                collector.Found.Add(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodDefinition:
                collector.Found.Add(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Add(metadata.GetMemberReference((MemberReferenceHandle)handle).Parent, collector);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                specification.DecodeSignature(collector, null);
                Add(specification.Method, collector);
                break;
            default:
                // A type of another assembly.
                break;
        }
    }

    /// <summary>Notes every definition that a signature names.</summary>
    private sealed class Collector(MetadataReader metadata, HashSet<TypeDefinitionHandle> found)
        : ISignatureTypeProvider<object?, object?>
    {
        public HashSet<TypeDefinitionHandle> Found => found;

        public object? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            found.Add(handle);
            return null;
        }

        public object? GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            metadata.GetTypeSpecification(handle).DecodeSignature(this, null);

        public object? GetArrayType(object? elementType, ArrayShape shape) => null;

        public object? GetByReferenceType(object? elementType) => null;

        public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;

        public object? GetGenericInstantiation(object? genericType, ImmutableArray<object?> typeArguments) => null;

        public object? GetGenericMethodParameter(object? genericContext, int index) => null;

        public object? GetGenericTypeParameter(object? genericContext, int index) => null;

        public object? GetModifiedType(object? modifier, object? unmodifiedType, bool isRequired) => null;

        public object? GetPinnedType(object? elementType) => null;

        public object? GetPointerType(object? elementType) => null;

        public object? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

        public object? GetSZArrayType(object? elementType) => null;

        public object? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => null;
    }
}
