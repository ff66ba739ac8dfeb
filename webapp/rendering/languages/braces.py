"""Languages in the tradition of C: braces, ``//`` and ``/* */``, types in capitals."""

from typing import Final

from webapp.rendering.languages import grammar as g
from webapp.rendering.languages.grammar import Grammar, Row, Rule, make


def _like_c(keywords: str, types: str = "", *rules: Rule, constants: str = "true false null", own: str = "") -> Grammar:
    """A grammar of braces: comments as in C, strings, numbers, types in capitals. ``own``: ``this`` and its like."""
    shared = [g.SLASHES, g.STARS, g.DOUBLE, g.SINGLE, g.DECORATOR, g.NUMBER, g.WORD]
    return make([*rules, *shared], {"k": keywords, "t": types, "n": constants, "v": own}, types_are_capital=True)


_C_KEYWORDS: Final = (
    "asm auto break case const continue default do else enum extern for goto if inline register restrict return"
    " sizeof static struct switch typedef union volatile while"
)
_C_TYPES: Final = (
    "bool char double float int long short signed unsigned void size_t ssize_t int8_t int16_t int32_t int64_t"
    " uint8_t uint16_t uint32_t uint64_t uintptr_t wchar_t FILE"
)
_C_RULES: Final[tuple[Rule, ...]] = (g.DIRECTIVE, ("s", r"(?<=include )<[^>\n]*+>"))
_CPP_KEYWORDS: Final = (
    f"{_C_KEYWORDS} alignas alignof and catch class concept consteval constexpr constinit const_cast co_await co_return"
    " co_yield decltype delete dynamic_cast explicit export final friend import module mutable namespace new"
    " noexcept not operator or override private protected public reinterpret_cast requires static_assert static_cast"
    " template throw try typeid typename using virtual"
)
_PHP: Final = _like_c(
    "abstract and array as break callable case catch class clone const continue declare default do echo else elseif"
    " empty enddeclare endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach function"
    " global goto if implements include include_once instanceof insteadof interface isset list match namespace new"
    " or print private protected public readonly require require_once return static switch throw trait try unset use"
    " var while xor yield",
    "bool float int iterable mixed never object string void",
    ("a", r"<\?(?:php\b|=)?|\?>"),
    ("v", r"\$\w++"),
    ("a", r"\#\[[^\]\n]*+\]?"),
    g.HASH,
    g.DOUBLE_LINES,
    own="self parent this",
)
TABLE: Final[tuple[Row, ...]] = (
    ("C", "c h", _like_c(_C_KEYWORDS, _C_TYPES, *_C_RULES, constants="NULL true false")),
    (
        "C++",
        "cpp c++ cc cxx hpp arduino ino",
        _like_c(_CPP_KEYWORDS, _C_TYPES, *_C_RULES, constants="NULL nullptr true false", own="this"),
    ),
    (
        "CUDA",
        "cuda cu",
        _like_c(f"{_CPP_KEYWORDS} __global__ __device__ __shared__ __host__", _C_TYPES, *_C_RULES, own="this"),
    ),
    (
        "C#",
        "csharp c# cs",
        _like_c(
            "abstract add and as async await base break case catch checked class const continue default delegate do"
            " else enum event explicit extern finally fixed for foreach from get global goto group if implicit in"
            " init interface internal into is join let lock nameof namespace new not on operator or orderby out"
            " override params partial private protected public readonly record ref remove required return sealed"
            " select set sizeof stackalloc static struct switch throw try typeof unchecked unsafe using value var"
            " virtual volatile when where while with yield",
            "bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong ushort"
            " void",
            ("c", r"///[^\n]*+"),
            ("s", r"[$@]{1,2}(?=\")"),
            g.TRIPLE,
            g.DIRECTIVE,
            own="this base",
        ),
    ),
    (
        "Dart",
        "dart flutter",
        _like_c(
            "abstract as assert async await base break case catch class const continue covariant default deferred"
            " do else enum export extends extension external factory final finally for get hide if implements import"
            " in interface is late library mixin new on operator part required rethrow return sealed set show static"
            " switch sync throw try typedef var when while with yield",
            "bool double dynamic int num void",
            g.TRIPLE,
            g.TRIPLE_SINGLE,
            own="this super",
        ),
    ),
    (
        "GLSL",
        "glsl hlsl wgsl shader frag vert",
        _like_c(
            f"{_C_KEYWORDS} attribute buffer cbuffer discard fn highp in inout layout let lowp mediump out precision"
            " uniform var varying",
            f"{_C_TYPES} mat2 mat3 mat4 sampler2D samplerCube vec2 vec3 vec4 ivec2 ivec3 ivec4 float2 float3 float4"
            " float4x4 f32 i32 u32",
            g.DIRECTIVE,
        ),
    ),
    (
        "Go",
        "go golang",
        _like_c(
            "break case chan const continue default defer else fallthrough for func go goto if import interface map"
            " package range return select struct switch type var",
            "any bool byte comparable complex128 complex64 error float32 float64 int int16 int32 int64 int8 rune"
            " string uint uint16 uint32 uint64 uint8 uintptr",
            ("s", r"`[^`]*+`?+"),
            constants="true false nil iota",
        ),
    ),
    (
        "Groovy",
        "groovy gradle jenkinsfile",
        _like_c(
            "abstract as assert break case catch class continue def default do else enum extends final finally for"
            " if implements import in instanceof interface new package private protected public return static super"
            " switch throw throws trait try var while",
            "boolean byte char double float int long short void",
            g.TRIPLE,
            g.TRIPLE_SINGLE,
            own="this super",
        ),
    ),
    (
        "Java",
        "java",
        _like_c(
            "abstract assert break case catch class const continue default do else enum exports extends final"
            " finally for goto if implements import instanceof interface module native new non-sealed open package"
            " permits private protected public record requires return sealed static strictfp switch synchronized"
            " throw throws transient try var volatile when while yield",
            "boolean byte char double float int long short void",
            g.TRIPLE,
            own="this super",
        ),
    ),
    (
        "Kotlin",
        "kotlin kt kts",
        _like_c(
            "abstract actual annotation as break by catch class companion const constructor continue crossinline"
            " data do else enum expect external final finally for fun get if import in infix init inline inner"
            " interface internal is lateinit noinline object open operator out override package private protected"
            " public reified return sealed set suspend tailrec throw try typealias val value var vararg when where"
            " while",
            "",
            g.TRIPLE,
            own="this super it",
        ),
    ),
    (
        "Objective-C",
        "objective-c objectivec objc obj-c",
        _like_c(
            f"{_C_KEYWORDS} id instancetype",
            f"{_C_TYPES} BOOL",
            *_C_RULES,
            constants="nil NULL YES NO",
            own="self super",
        ),
    ),
    ("PHP", "php", _PHP),
    (
        "Protobuf",
        "protobuf proto proto3",
        _like_c(
            "enum extend extensions import message oneof option optional package public repeated required reserved"
            " returns rpc service stream syntax",
            "bool bytes double fixed32 fixed64 float int32 int64 map sint32 sint64 string uint32 uint64",
        ),
    ),
    (
        "Rust",
        "rust rs",
        _like_c(
            "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod"
            " move mut pub ref return static struct super trait type union unsafe use where while",
            "bool char f32 f64 i128 i16 i32 i64 i8 isize str u128 u16 u32 u64 u8 usize",
            ("a", r"\#!?\[[^\]\n]*+\]?"),
            g.CHARACTER,
            ("v", r"'[a-z_]\w*+"),
            ("f", r"[a-z_]\w*+!(?=[\s(\[{])"),
            g.DOUBLE_LINES,
            constants="true false",
            own="self Self",
        ),
    ),
    (
        "Scala",
        "scala sbt",
        _like_c(
            "abstract case catch class def derives do else end enum export extends extension final finally for"
            " forSome given if implicit import inline lazy match new object opaque override package private"
            " protected return sealed super then throw trait try type using val var while with yield",
            "",
            g.TRIPLE,
            g.CHARACTER,
            own="this",
        ),
    ),
    (
        "Solidity",
        "solidity sol",
        _like_c(
            "abstract anonymous as assembly break calldata catch constant constructor continue contract delete do"
            " else emit enum error event external fallback for function if immutable import indexed interface"
            " internal is library mapping memory modifier new override payable pragma private public pure receive"
            " return returns revert storage struct throw try type unchecked using view virtual while",
            "address bool bytes bytes32 int int256 string uint uint256 uint8",
            own="this super msg block tx",
        ),
    ),
    (
        "Swift",
        "swift",
        _like_c(
            "actor any as associatedtype async await break case catch class continue convenience default defer"
            " deinit didSet do else enum extension fallthrough fileprivate final for func get guard if import in"
            " indirect infix init inout internal is lazy let mutating nonisolated open operator optional override"
            " postfix prefix private protocol public repeat required rethrows return set some static struct"
            " subscript switch throw throws try typealias unowned var weak where while willSet",
            "",
            g.TRIPLE,
            ("a", r"\#\w++"),
            constants="true false nil",
            own="self Self super",
        ),
    ),
    (
        "Verilog",
        "verilog systemverilog sv v",
        _like_c(
            "always always_comb always_ff always_latch and assign begin bit case casex casez class default defparam"
            " disable else end endcase endclass endfunction endgenerate endinterface endmodule endpackage endtask"
            " enum extends for forever fork function generate genvar if import initial inout input integer interface"
            " join localparam logic module negedge new not or output package packed parameter posedge reg repeat"
            " return signed struct task typedef unique unsigned virtual void while wire",
            "byte int longint real shortint string time",
            ("a", r"`\w++|\$\w++"),
            ("n", r"\d{0,4}'[sS]?[bBoOdDhH][\w?]++"),
        ),
    ),
    (
        "Zig",
        "zig",
        _like_c(
            "align and anyframe asm async await break callconv catch comptime const continue defer else enum"
            " errdefer error export extern fn for if inline noalias nosuspend opaque or orelse packed pub resume"
            " return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while",
            "anyerror anyopaque anytype bool f32 f64 i16 i32 i64 i8 isize noreturn type u16 u32 u64 u8 usize void",
            ("s", r"\\\\[^\n]*+"),
            constants="true false null undefined",
        ),
    ),
)
