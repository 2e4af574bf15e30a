using System.Runtime.InteropServices;

namespace MicroVm.Interop.Generate.Clang;

/// <summary>The part of libclang's C API (clang-c/Index.h, version 14) that reading headers takes.</summary>
internal static unsafe partial class LibClang
{
    private const string Library = "libclang-14.so.1";

    [LibraryImport(Library, EntryPoint = "clang_createIndex")]
    public static partial nint CreateIndex(int excludeDeclarationsFromPch, int displayDiagnostics);

    [LibraryImport(Library, EntryPoint = "clang_disposeIndex")]
    public static partial void DisposeIndex(nint index);

    [LibraryImport(Library, EntryPoint = "clang_parseTranslationUnit2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Parse(
        nint index, string path, string[] arguments, int argumentCount, UnsavedFile* files, uint fileCount, uint options, out nint unit);

    [LibraryImport(Library, EntryPoint = "clang_disposeTranslationUnit")]
    public static partial void DisposeUnit(nint unit);

    [LibraryImport(Library, EntryPoint = "clang_getNumDiagnostics")]
    public static partial uint DiagnosticCount(nint unit);

    [LibraryImport(Library, EntryPoint = "clang_getDiagnostic")]
    public static partial nint GetDiagnostic(nint unit, uint index);

    [LibraryImport(Library, EntryPoint = "clang_disposeDiagnostic")]
    public static partial void DisposeDiagnostic(nint diagnostic);

    [LibraryImport(Library, EntryPoint = "clang_getDiagnosticSeverity")]
    public static partial int GetSeverity(nint diagnostic);

    [LibraryImport(Library, EntryPoint = "clang_formatDiagnostic")]
    public static partial ClangString FormatDiagnostic(nint diagnostic, uint options);

    [LibraryImport(Library, EntryPoint = "clang_getTranslationUnitCursor")]
    public static partial Cursor UnitCursor(nint unit);

    [LibraryImport(Library, EntryPoint = "clang_visitChildren")]
    public static partial uint VisitChildren(Cursor parent, delegate* unmanaged[Cdecl]<Cursor, Cursor, void*, uint> visitor, void* data);

    [LibraryImport(Library, EntryPoint = "clang_getCString")]
    public static partial nint GetCString(ClangString text);

    [LibraryImport(Library, EntryPoint = "clang_disposeString")]
    public static partial void DisposeString(ClangString text);

    [LibraryImport(Library, EntryPoint = "clang_getCursorSpelling")]
    public static partial ClangString CursorSpelling(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getCursorUSR")]
    public static partial ClangString CursorUsr(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_getRawCommentText")]
    public static partial ClangString RawComment(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getCursorType")]
    public static partial CursorType TypeOf(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getCursorLocation")]
    public static partial SourceLocation LocationOf(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getCursorExtent")]
    public static partial SourceRange ExtentOf(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getRangeStart")]
    public static partial SourceLocation RangeStart(SourceRange range);

    [LibraryImport(Library, EntryPoint = "clang_getRangeEnd")]
    public static partial SourceLocation RangeEnd(SourceRange range);

    [LibraryImport(Library, EntryPoint = "clang_getExpansionLocation")]
    public static partial void ExpansionLocation(SourceLocation location, out nint file, out uint line, out uint column, out uint offset);

    [LibraryImport(Library, EntryPoint = "clang_getFileName")]
    public static partial ClangString FileName(nint file);

    [LibraryImport(Library, EntryPoint = "clang_getFile", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetFile(nint unit, string path);

    [LibraryImport(Library, EntryPoint = "clang_getLocationForOffset")]
    public static partial SourceLocation LocationAt(nint unit, nint file, uint offset);

    [LibraryImport(Library, EntryPoint = "clang_getRange")]
    public static partial SourceRange Range(SourceLocation start, SourceLocation end);

    [LibraryImport(Library, EntryPoint = "clang_tokenize")]
    public static partial void Tokenize(nint unit, SourceRange range, out Token* tokens, out uint count);

    [LibraryImport(Library, EntryPoint = "clang_disposeTokens")]
    public static partial void DisposeTokens(nint unit, Token* tokens, uint count);

    [LibraryImport(Library, EntryPoint = "clang_getTokenKind")]
    public static partial TokenKind KindOf(Token token);

    [LibraryImport(Library, EntryPoint = "clang_getTokenSpelling")]
    public static partial ClangString TokenSpelling(nint unit, Token token);

    [LibraryImport(Library, EntryPoint = "clang_getTokenExtent")]
    public static partial SourceRange TokenExtent(nint unit, Token token);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_isMacroFunctionLike")]
    public static partial uint IsFunctionLike(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_isAnonymous")]
    public static partial uint IsAnonymous(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_isAnonymousRecordDecl")]
    public static partial uint IsAnonymousRecord(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_isCursorDefinition")]
    public static partial uint IsDefinition(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getCursorDefinition")]
    public static partial Cursor DefinitionOf(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_isBitField")]
    public static partial uint IsBitField(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getFieldDeclBitWidth")]
    public static partial int BitWidth(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_getOffsetOfField")]
    public static partial long OffsetOfField(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getEnumDeclIntegerType")]
    public static partial CursorType EnumType(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getEnumConstantDeclValue")]
    public static partial long EnumValue(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getTypedefDeclUnderlyingType")]
    public static partial CursorType UnderlyingType(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_getNumArguments")]
    public static partial int ArgumentCount(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_getArgument")]
    public static partial Cursor GetArgument(Cursor cursor, uint index);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_getStorageClass")]
    public static partial int StorageClass(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_getTypeSpelling")]
    public static partial ClangString TypeSpelling(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getCanonicalType")]
    public static partial CursorType CanonicalType(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getPointeeType")]
    public static partial CursorType PointeeType(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getResultType")]
    public static partial CursorType ResultType(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getNumArgTypes")]
    public static partial int ArgumentTypeCount(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getArgType")]
    public static partial CursorType GetArgumentType(CursorType type, uint index);

    [LibraryImport(Library, EntryPoint = "clang_isFunctionTypeVariadic")]
    public static partial uint IsVariadic(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getArrayElementType")]
    public static partial CursorType ElementType(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getArraySize")]
    public static partial long ArraySize(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_getTypeDeclaration")]
    public static partial Cursor DeclarationOf(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_Type_getSizeOf")]
    public static partial long SizeOf(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_Type_getAlignOf")]
    public static partial long AlignOf(CursorType type);

    [LibraryImport(Library, EntryPoint = "clang_Cursor_Evaluate")]
    public static partial nint Evaluate(Cursor cursor);

    [LibraryImport(Library, EntryPoint = "clang_EvalResult_getKind")]
    public static partial EvaluationKind KindOf(nint result);

    [LibraryImport(Library, EntryPoint = "clang_EvalResult_getAsLongLong")]
    public static partial long AsInt64(nint result);

    [LibraryImport(Library, EntryPoint = "clang_EvalResult_getAsStr")]
    public static partial nint AsString(nint result);

    [LibraryImport(Library, EntryPoint = "clang_EvalResult_dispose")]
    public static partial void DisposeResult(nint result);
}
