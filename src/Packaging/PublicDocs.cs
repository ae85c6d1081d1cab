#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Xml.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// The compiler writes the comments of all members into the XML file, also those of internal ones. This task drops what a user of the
/// assembly cannot reach. MSBuild compiles it from this file (Directory.Build.targets); it is not part of the library.
/// </summary>
public sealed class PublicDocs : Task
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Required]
    public string AssemblyFile { get; set; } = "";

    /// <summary>Rewritten in place.</summary>
    [Required]
    public string XmlFile { get; set; } = "";

    [Required]
    public ITaskItem[] References { get; set; } = Array.Empty<ITaskItem>();

    public override bool Execute()
    {
        AppDomain.CurrentDomain.AssemblyResolve += Resolve;
        try
        {
            HashSet<string> reachable = [.. ReachableIds(Assembly.Load(File.ReadAllBytes(AssemblyFile)))];
            XDocument docs = XDocument.Load(XmlFile, LoadOptions.PreserveWhitespace);
            foreach (XElement member in docs.Descendants("member").ToList())
            {
                if (!reachable.Contains((string)member.Attribute("name")!))
                {
                    // The line break and the indent in front of the element go with it.
                    (member.PreviousNode as XText)?.Remove();
                    member.Remove();
                }
            }

            File.WriteAllText(XmlFile, docs.Declaration + "\n" + docs.ToString(SaveOptions.DisableFormatting).Replace("\r\n", "\n") + "\n");
            return true;
        }
        finally
        {
            AppDomain.CurrentDomain.AssemblyResolve -= Resolve;
        }
    }

    private Assembly? Resolve(object? sender, ResolveEventArgs asked)
    {
        string file = new AssemblyName(asked.Name).Name + ".dll";
        string? path = References.Select(static item => item.ItemSpec).FirstOrDefault(path => Path.GetFileName(path) == file);
        return path is null ? null : Assembly.Load(File.ReadAllBytes(path));
    }

    /// <summary>The documentation ids (C# specification, annex D.4.2) of all types and members that are public or protected.</summary>
    private static IEnumerable<string> ReachableIds(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes())
        {
            string name = NameOf(type);
            yield return "T:" + name;
            foreach (FieldInfo field in type.GetFields(Declared).Where(static field => IsReachable(field.Attributes)))
            {
                yield return $"F:{name}.{field.Name}";
            }

            foreach (EventInfo shown in type.GetEvents(Declared).Where(static shown => IsReachable(shown.AddMethod!)))
            {
                yield return $"E:{name}.{shown.Name}";
            }

            foreach (PropertyInfo property in type.GetProperties(Declared))
            {
                if (property.GetAccessors(nonPublic: true).Any(IsReachable))
                {
                    yield return $"P:{name}.{property.Name}{Parameters(property.GetIndexParameters())}";
                }
            }

            foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(IsReachable))
            {
                yield return $"M:{name}.#ctor{Parameters(constructor.GetParameters())}";
            }

            foreach (MethodInfo method in type.GetMethods(Declared).Where(IsReachable))
            {
                string arity = method.IsGenericMethodDefinition ? "``" + method.GetGenericArguments().Length : "";
                string result = method.Name is "op_Implicit" or "op_Explicit" ? "~" + Reference(method.ReturnType) : "";
                yield return $"M:{name}.{method.Name}{arity}{Parameters(method.GetParameters())}{result}";
            }
        }
    }

    private static bool IsReachable(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsReachable(FieldAttributes field) =>
        (field & FieldAttributes.FieldAccessMask) is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(",", parameters.Select(static parameter => Reference(parameter.ParameterType)))})";

    /// <summary>A type as a parameter's: type arguments in braces, type parameters by their number.</summary>
    private static string Reference(Type type)
    {
        if (type.HasElementType)
        {
            string suffix = type switch
            {
                { IsByRef: true } => "@",
                { IsPointer: true } => "*",
                _ when type.GetArrayRank() == 1 => "[]",
                _ => $"[{string.Join(",", Enumerable.Repeat("0:", type.GetArrayRank()))}]",
            };
            return Reference(type.GetElementType()!) + suffix;
        }

        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (!type.IsGenericType)
        {
            return NameOf(type);
        }

        // A nested type has the arguments of the types around it, too: each part of the name takes as many as it declares.
        var arguments = new Queue<Type>(type.GetGenericArguments());
        IEnumerable<string> parts = NameOf(type.GetGenericTypeDefinition()).Split('.').Select(part =>
        {
            string[] nameAndArity = part.Split('`');
            if (nameAndArity.Length == 1)
            {
                return part;
            }

            IEnumerable<string> own = Enumerable.Range(0, int.Parse(nameAndArity[1])).Select(_ => Reference(arguments.Dequeue()));
            return $"{nameAndArity[0]}{{{string.Join(",", own)}}}";
        });
        return string.Join(".", parts);
    }
}
