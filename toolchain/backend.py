"""Words for what clang's BPF back end cannot make: it names its own library, not what the author wrote."""

import re
from typing import NamedTuple


class Words(NamedTuple):
    code: str
    message: str
    hint: str


_LIBRARY = re.compile(r"A call to built-in function '(?P<name>\w+)' is not supported")
_FLOATING = re.compile(
    r"^__\w*(?:[sdtxh]f[2-4]?|[sdtxh]f[sdtxh]i|[sd]itf)\b|^(?:f?abs|sqrt|floor|ceil|pow|fma|fmod)f?l?$"
)
_WIDE = re.compile(r"^__\w+ti[2-4]?$")
_MEMORY = frozenset({"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"})
FLOATING = Words(
    "compile.floating_point",
    "floating point is not available",
    "Count in whole numbers, thousandths for example: `count * 5 > 200` instead of `count * 0.5 > 20.0`.",
)
WIDE = Words("compile.wide_integer", "numbers of 128 bits cannot be divided or multiplied", "Use uint64_t.")
MEMORY = Words(
    "compile.memory_function",
    "a copy, comparison or filling of memory that is too long, or whose length is not constant",
    "Give it a constant length of a few hundred bytes, or write a loop with a bound.",
)
STRUCTURE = Words(
    "compile.struct_by_value",
    "a structure is passed or returned by value",
    "Pass its address, or make the function `static inline __attribute__((always_inline))`.",
)
ARGUMENTS = Words(
    "compile.too_many_arguments",
    "a function takes more than five arguments",
    "Pass the address of a structure, or make the function `static inline __attribute__((always_inline))`.",
)


def words(message: str) -> Words | None:
    """What a message of the back end means; None where clang's own words will do."""
    library = _LIBRARY.search(message)
    if library:
        name = library["name"]
        if name in _MEMORY:
            return MEMORY
        return WIDE if _WIDE.match(name) else FLOATING if _FLOATING.match(name) else None
    if "pass by value not supported" in message or "aggregate returns are not supported" in message:
        return STRUCTURE
    if "stack arguments are not supported" in message or "too many arguments" in message:
        return ARGUMENTS
    return None
