//! Prevail's findings in words that a C programmer can act on.

use std::collections::BTreeSet;

use prevail::ir::syntax::{AccessType, ArgPairKind, Assertion, Instruction, Value};

use crate::diagnostic::{Diagnostic, Position, Stage};
use crate::program::Program;

/// Points `diagnostic` at the C line of instruction `pc`.
pub fn place(diagnostic: &mut Diagnostic, program: &Program, pc: i32) {
    let pc = usize::try_from(pc).unwrap_or(0);
    if let Some((_, line)) = program.lines.range(..=pc).next_back() {
        diagnostic.line = Some(line.line);
        diagnostic.column = Some(line.column.max(1));
        let width = line.text.trim_end().len().max(1) as u32;
        diagnostic.end = Some(Position {
            line: line.line,
            column: width.max(line.column) + 1,
        });
    }
}

/// The bounds Prevail knows of `variable` as `(low, high)`.
fn bounds(known: &BTreeSet<String>, variable: &str) -> Option<(String, String)> {
    let value = known
        .iter()
        .find_map(|fact| fact.strip_prefix(variable)?.strip_prefix('='))?;
    match value.strip_prefix('[') {
        Some(range) => {
            let (low, high) = range.trim_end_matches(']').split_once(", ")?;
            Some((low.to_owned(), high.to_owned()))
        }
        None => Some((value.to_owned(), value.to_owned())),
    }
}

fn is_rodata(known: &BTreeSet<String>, register: u8) -> bool {
    let prefix = format!("r{register}.type");
    known
        .iter()
        .any(|fact| fact.starts_with(&prefix) && fact.contains("shared"))
}

/// Whether `instruction` may store through a pointer to read-only data, which Prevail takes for writable.
pub fn may_write_rodata(instruction: &Instruction, known: &BTreeSet<String>) -> bool {
    match instruction {
        Instruction::Mem(access) if !access.is_load => is_rodata(known, access.access.basereg.v),
        Instruction::Atomic(atomic) => is_rodata(known, atomic.access.basereg.v),
        Instruction::Call(call) => {
            call.contract.pairs.iter().any(|pair| {
                pair.kind != ArgPairKind::PtrToReadableMem && is_rodata(known, pair.mem.v)
            })
        }
        _ => false,
    }
}

fn error(code: &str, message: String, hint: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Stage::Verify, code, message);
    diagnostic.hint = Some(hint.to_owned());
    diagnostic
}

/// The diagnostic of an assertion that failed with `message`, given what was `known` before it.
pub fn explain(message: &str, assertions: &[Assertion], known: &BTreeSet<String>) -> Diagnostic {
    let failed = assertions
        .iter()
        .find(|assertion| message.contains(&assertion.to_string()));
    match failed {
        Some(Assertion::ValidAccess(access)) => {
            let width = match &access.width {
                Value::Imm(width) if width.v == 1 => "1 byte".to_owned(),
                Value::Imm(width) => format!("{} bytes", width.v),
                Value::Reg(register) => match bounds(known, &format!("r{}.svalue", register.v)) {
                    Some((low, high)) => format!("{low}..{high} bytes"),
                    None => "an unknown number of bytes".to_owned(),
                },
            };
            let verb = match access.access_type {
                AccessType::Read => "reads",
                AccessType::Write => "writes",
                _ => "uses",
            };
            let kind = bounds(known, &format!("r{}.type", access.reg.v))
                .map_or(String::new(), |(low, _)| low);
            access_error(
                message,
                &format!("{verb} {width}"),
                &kind,
                i64::from(access.offset),
                access.reg.v,
                known,
            )
        }
        Some(Assertion::ValidDivisor(_)) => error(
            "verify.division",
            "the divisor may be zero".to_owned(),
            "Test it first: `if (divisor == 0) return CF_EBPF_DROP;`.",
        ),
        Some(Assertion::ValidSize(_)) => error(
            "verify.size",
            "the length given to this helper may be zero or negative".to_owned(),
            "Test it just before the call, with a signed comparison: `if (length < 1 || length > 64) return CF_EBPF_DROP;`.",
        ),
        Some(Assertion::TypeConstraint(constraint)) => {
            let kind = bounds(known, &format!("r{}.type", constraint.reg.v)).map_or(
                "not initialised, or of different kinds on different paths".to_owned(),
                |(low, _)| low,
            );
            error(
                "verify.type",
                format!("a value used here is {kind}, which does not fit the use"),
                "Initialise the variable on every path, and do not mix pointers and numbers in it.",
            )
        }
        Some(Assertion::BoundedLoopCount(_)) => error(
            "verify.loop",
            "nothing proves that this loop ends".to_owned(),
            "Count with one 64-bit integer against a constant, and leave the loop when it is reached.",
        ),
        _ => error(
            "verify.unsafe",
            format!("this cannot be proven safe ({message})"),
            "See the program reference.",
        ),
    }
}

fn access_error(
    message: &str,
    act: &str,
    kind: &str,
    add: i64,
    register: u8,
    known: &BTreeSet<String>,
) -> Diagnostic {
    let (offset, memory) = match kind {
        "packet" => ("packet_offset", "the packet"),
        "stack" => ("stack_offset", "the stack"),
        "shared" => ("shared_offset", "read-only data"),
        "ctx" => ("ctx_offset", "the context"),
        _ => {
            return error(
                "verify.pointer",
                format!("{act} through a value that is not known to be a pointer"),
                "Take the pointer from parse_packet_data and keep it a pointer: do not compute it from numbers.",
            );
        }
    };
    let shift = |text: &str| {
        text.parse::<i64>()
            .map_or(text.to_owned(), |value| (value + add).to_string())
    };
    let at = match bounds(known, &format!("r{register}.{offset}")) {
        Some((low, high)) if low == high => format!("at offset {}", shift(&low)),
        Some((low, high)) => format!("at offset {}..{}", shift(&low), shift(&high)),
        None => "at an offset that nothing bounds".to_owned(),
    };
    let what = format!("{act} {at} of {memory}");
    if message.contains("Lower bound") {
        error(
            "verify.before_start",
            format!("{what}: it may lie before its start"),
            "A length or index minus something can go below zero: test that it is large enough first.",
        )
    } else if kind == "packet" {
        error(
            "verify.packet_bounds",
            format!("{what}; nothing proves it is before headers.data_end"),
            "Compare the end of the access with headers.data_end on the same variable just before: `if (p + n > headers.data_end) return CF_EBPF_DROP;`.",
        )
    } else if kind == "stack" {
        error(
            "verify.stack",
            format!("{what}: these bytes may be uninitialised or outside the frame"),
            "Initialise the variable (`= {0}`) and keep indexes inside the array.",
        )
    } else {
        error(
            "verify.bounds",
            format!("{what}: it may reach past the end"),
            "Test the index against the array's length just before.",
        )
    }
}
