//! Words for memory accesses that could not be proven.

use prevail::ir::syntax::{AccessType, ValidAccess, Value};

use super::explain::error;
use super::facts::{Facts, Range};
use crate::diagnostic::Diagnostic;
use crate::memory::{FRAME_BYTES, FRAMES, PACKET_BYTES};

/// A range in words.
pub fn range(range: Range) -> String {
    match range {
        (Some(low), Some(high)) if low == high => low.to_string(),
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("{high} or less"),
        (None, None) => "of unknown size".to_owned(),
    }
}

/// An access through what may be a number.
pub fn not_a_pointer() -> Diagnostic {
    error(
        "verify.pointer",
        "reads or writes through a value that is not known to be a pointer",
        "Take the pointer from parse_packet_data and keep it a pointer: do not compute it from numbers.",
    )
}

/// A comparison with a pointer that may be anywhere.
pub fn comparison(found: &ValidAccess, facts: &Facts<'_>) -> Diagnostic {
    if facts.kinds(found.reg.v).is_empty() {
        return error(
            "verify.uninitialised",
            "compares a value that was not set on every way here",
            "Initialise the variable where it is declared.",
        );
    }
    error(
        "verify.pointer_range",
        "compares a pointer that may be far outside its memory: the number added to it has no known limits",
        "Test the number against a constant before it is added: `if (offset > 1400) return CF_EBPF_DROP;`.",
    )
}

/// An access that failed with Prevail's `message`.
pub fn access(message: &str, found: &ValidAccess, facts: &Facts<'_>) -> Diagnostic {
    let verb = match found.access_type {
        AccessType::Read => "reads",
        AccessType::Write => "writes",
        AccessType::Compare => "uses",
    };
    let width = match &found.width {
        Value::Imm(width) => (i64::try_from(width.v).ok(), i64::try_from(width.v).ok()),
        Value::Reg(register) => facts.range(&format!("r{}.svalue", register.v)),
    };
    let act = match width {
        (Some(1), Some(1)) => format!("{verb} 1 byte"),
        (None, None) => format!("{verb} an unknown number of bytes"),
        _ => format!("{verb} {} bytes", range(width)),
    };
    let register = found.reg.v;
    let kinds = facts.kinds(register);
    let kind = match kinds[..] {
        [kind] => kind,
        [] | [_, ..] => "",
    };
    let at = |variable: &str| {
        let (low, high) = facts.range(&format!("r{register}.{variable}"));
        let add = |end: i64| end.checked_add(i64::from(found.offset));
        (low.and_then(add), high.and_then(add))
    };
    match kind {
        "packet" => {
            let proven = facts.range("packet_size").0;
            packet(message, &act, at("packet_offset"), width, proven)
        }
        "stack" if matches!(found.width, Value::Reg(_)) && !message.contains("not numeric") => {
            error(
                "verify.stack",
                format!("{act} of a local variable, which may be more than it has"),
                "Pass sizeof the variable; test a length that varies against it with signed comparisons first.",
            )
        }
        "stack" => stack(message, &act, at("stack_offset")),
        "ctx" => error(
            "verify.context",
            if found.access_type == AccessType::Write {
                format!("{act} of the context, which is read-only")
            } else {
                format!(
                    "{act} at offset {} of the context, which has 24",
                    range(at("ctx_offset"))
                )
            },
            "Only read `data`, `data_end` and `metadata` of struct cf_ebpf_generic_ctx; parse_packet_data does it for you.",
        ),
        "shared" => error(
            "verify.bounds",
            format!(
                "{act} of read-only data at offset {}: it may lie outside",
                range(at("shared_offset"))
            ),
            "Test the index against the array's length just before.",
        ),
        _ => not_a_pointer(),
    }
}

/// `proven`: the bytes that are known to be there. A finding in a loop stands where the loop was first found to go
/// astray, so that what holds there in the end may be less than what failed.
fn packet(message: &str, act: &str, at: Range, width: Range, proven: Option<i64>) -> Diagnostic {
    let ends = |(at, width): (Range, Range)| at.1?.checked_add(width.1?);
    let end = ends((at, width));
    let astray = matches!((end, proven), (Some(end), Some(proven)) if end <= proven);
    if astray && !message.contains("Lower bound") {
        return error(
            "verify.packet_bounds",
            format!(
                "{act} of the packet at an offset that changes in this loop; nothing proves in each round that it is before headers.data_end"
            ),
            "Compare the end of the access with headers.data_end inside the loop, on the same variable just before: a bound from outside does not hold for the next round.",
        );
    }
    // The program's view starts with two lengths of 8 bytes: an author counts from packet_buffer where that is meant.
    let shown = (at.0.map(|low| low - 16), at.1.map(|high| high - 16));
    let what = match shown {
        (None, None) => format!("{act} of the packet at an offset without known limits"),
        (Some(low), Some(_)) if low < 0 && !message.contains("Lower bound") => {
            format!(
                "{act} at offset {} of struct cf_ebpf_packet_data",
                range(at)
            )
        }
        _ => format!("{act} at offset {} of packet_buffer", range(shown)),
    };
    let bounded = at.1.is_some_and(|high| high <= PACKET_BYTES as i64);
    if message.contains("Lower bound") && bounded {
        return error(
            "verify.before_start",
            format!("{what}: it may lie before the packet's start"),
            "A length or index minus something can go below zero: test that it is large enough first.",
        );
    }
    let hint = match end {
        Some(end) if end <= PACKET_BYTES as i64 => {
            "Call parse_packet_data first: after it all 1,500 bytes of packet_buffer are readable."
        }
        Some(end) if end > 0xffff => {
            "Limit the number that was added first (`if (n > 1400) return CF_EBPF_DROP;`): a pointer that may be beyond offset 65,535 cannot even be compared. Then compare the end of the access with headers.data_end."
        }
        _ => {
            "Compare the end of the access with headers.data_end, or the index with a constant, on the same variable just before: `if (p + n > headers.data_end) return CF_EBPF_DROP;`."
        }
    };
    error(
        "verify.packet_bounds",
        format!("{what}; nothing proves it is before headers.data_end"),
        hint,
    )
}

fn stack(message: &str, act: &str, at: Range) -> Diagnostic {
    if message.contains("not numeric") {
        return error(
            "verify.stack",
            format!("{act} of a variable, not all of which were written, or which holds a pointer"),
            "Initialise all of it (`= {0}`), also the padding of a struct (memset), before its address is used.",
        );
    }
    let top = (FRAME_BYTES * FRAMES) as i64;
    let spread = match at {
        (Some(low), Some(high)) if low < high => {
            format!(": {} places are possible", high - low + 1)
        }
        _ => String::new(),
    };
    let below =
        matches!(at, (Some(low), Some(high)) if low == high && high < top - FRAME_BYTES as i64);
    if below {
        return error(
            "verify.stack",
            format!(
                "{act} beyond the function's stack frame: its variables need more than {FRAME_BYTES} bytes"
            ),
            "Use smaller arrays, or work on the packet in place.",
        );
    }
    error(
        "verify.stack",
        format!("{act} of a local variable at an index that may lie outside it{spread}"),
        "Limit the index just before: `table[i & 15]`, or `if (i > 15) return CF_EBPF_DROP;`.",
    )
}
