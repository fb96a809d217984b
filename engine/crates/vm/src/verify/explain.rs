//! Prevail's findings in words that a C programmer can act on.

use prevail::ir::syntax::{
    AccessType, ArgPairKind, Assertion, BinOp, Instruction, Reg, ValidAccess, Value,
};

use super::access;
use super::facts::Facts;
use crate::diagnostic::{Diagnostic, Stage};
use crate::helpers;

/// Whether `instruction` may store through a pointer to read-only data, which Prevail takes for writable.
pub fn may_write_rodata(instruction: &Instruction, facts: &Facts<'_>) -> bool {
    let is_rodata = |register: Reg| facts.kinds(register.v).contains(&"shared");
    match instruction {
        Instruction::Mem(access) if !access.is_load => is_rodata(access.access.basereg),
        Instruction::Atomic(atomic) => is_rodata(atomic.access.basereg),
        Instruction::Call(call) => call
            .contract
            .pairs
            .iter()
            .any(|pair| pair.kind != ArgPairKind::PtrToReadableMem && is_rodata(pair.mem)),
        _ => false,
    }
}

/// An error of stage `verify`.
pub fn error(code: &str, message: impl Into<String>, hint: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Stage::Verify, code, message);
    diagnostic.hint = Some(hint.to_owned());
    diagnostic
}

/// The diagnostic of an assertion of `instruction` that failed with `message`, given the facts before it.
pub fn explain(
    message: &str,
    instruction: &Instruction,
    assertions: &[Assertion],
    facts: &Facts<'_>,
) -> Diagnostic {
    let failed = assertions
        .iter()
        .find(|assertion| message.contains(&assertion.to_string()));
    let Some(failed) = failed else {
        return error(
            "verify.unsafe",
            format!("this cannot be proven safe ({message})"),
            "Make the statement simpler: split it, and test each value just before it is used.",
        );
    };
    if let Instruction::Call(call) = instruction {
        return argument(message, call.func, failed, facts);
    }
    match failed {
        Assertion::ValidAccess(found) if found.access_type == AccessType::Compare => {
            access::comparison(found, facts)
        }
        Assertion::ValidAccess(found) => access::access(message, found, facts),
        Assertion::ValidDivisor(divisor) => error(
            "verify.division",
            match facts.range(&format!("r{}.uvalue", divisor.reg.v)) {
                (None, None) => "the divisor may be zero".to_owned(),
                known => format!("the divisor may be zero: it is {}", access::range(known)),
            },
            "Test it first: `if (divisor == 0) return CF_EBPF_DROP;`.",
        ),
        Assertion::TypeConstraint(constraint) => kind(instruction, constraint.reg, facts),
        Assertion::Addable(_) => arithmetic("adds two pointers"),
        Assertion::Comparable(_) => arithmetic(
            "compares or subtracts pointers to different memory, or a pointer and a number",
        ),
        Assertion::ValidStore(_) => error(
            "verify.pointer_leak",
            "stores a pointer outside the stack",
            "Only numbers may be written to the packet: store an offset instead.",
        ),
        Assertion::BoundedLoopCount(_) => error(
            "verify.loop",
            "nothing proves that this loop ends within 100,000 rounds",
            "Count with one 64-bit integer against a constant, and leave the loop when it is reached.",
        ),
        _ => error(
            "verify.unsafe",
            format!("this cannot be proven safe ({message})"),
            "Make the statement simpler: split it, and test each value just before it is used.",
        ),
    }
}

fn arithmetic(what: &str) -> Diagnostic {
    error(
        "verify.pointer_arithmetic",
        format!("{what}: what that gives is not known"),
        "Pointers can be moved by a number, and compared with or subtracted from pointers into the same memory.",
    )
}

/// A value that is not of the kind that `instruction` needs.
fn kind(instruction: &Instruction, register: Reg, facts: &Facts<'_>) -> Diagnostic {
    let kinds = facts.kinds(register.v);
    if kinds.is_empty() {
        return error(
            "verify.uninitialised",
            "uses a value that was not set on every way here",
            "Initialise the variable where it is declared.",
        );
    }
    match instruction {
        Instruction::Mem(_) | Instruction::Atomic(_) => access::not_a_pointer(),
        Instruction::Exit(_) => error(
            "verify.return_pointer",
            "the return value may be a pointer, it must be 0 (CF_EBPF_PASS) or 1 (CF_EBPF_DROP)",
            "Return CF_EBPF_PASS or CF_EBPF_DROP on every path.",
        ),
        Instruction::Bin(bin) if matches!(bin.op, BinOp::MOV) => {
            arithmetic("uses half of a pointer")
        }
        Instruction::Bin(_) | Instruction::Un(_) => arithmetic("calculates with a pointer"),
        Instruction::Assume(_) | Instruction::Jmp(_) => {
            arithmetic("compares a pointer with a number")
        }
        _ => error(
            "verify.type",
            format!(
                "a value used here may be {}, which does not fit the use",
                words(&kinds)
            ),
            "Do not mix pointers and numbers in one variable.",
        ),
    }
}

fn words(kinds: &[&str]) -> String {
    let name = |kind: &&str| match *kind {
        "packet" => "a pointer to the packet",
        "stack" => "a pointer to the stack",
        "shared" => "a pointer to read-only data",
        "ctx" => "the context",
        "number" => "a number",
        _ => "something else",
    };
    kinds.iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// A failed assertion about an argument of helper `id`.
fn argument(message: &str, id: i32, failed: &Assertion, facts: &Facts<'_>) -> Diagnostic {
    let name = |register: Reg| {
        let index = usize::from(register.v).saturating_sub(1);
        let helper = helpers::name(id).unwrap_or("this helper");
        match helpers::arguments(id).get(index) {
            Some(argument) => format!("{helper}: argument {} ({argument})", index + 1),
            None => format!("{helper}: argument {}", index + 1),
        }
    };
    match failed {
        Assertion::ValidSize(size) => error(
            "verify.size",
            format!(
                "{} may be {}: it is {}",
                name(size.reg),
                if size.can_be_zero {
                    "negative"
                } else {
                    "zero or negative"
                },
                access::range(facts.range(&format!("r{}.svalue", size.reg.v))),
            ),
            "Test it just before the call, with signed comparisons of an int64_t: `if (length < 1 || length > 64) return CF_EBPF_DROP;`.",
        ),
        Assertion::TypeConstraint(constraint) => {
            let kinds = facts.kinds(constraint.reg.v);
            let register = name(constraint.reg);
            if kinds.is_empty() {
                return error(
                    "verify.uninitialised",
                    format!("{register} was not set on every way here"),
                    "Initialise the variable where it is declared.",
                );
            }
            let wants_number = helpers::takes_number(id, constraint.reg.v);
            let (wanted, hint) = if wants_number {
                (
                    "a number",
                    "Pointers may not leave the program: pass a number or an offset.",
                )
            } else if kinds == ["ctx"] {
                (
                    "memory of the packet or the stack",
                    "The context is for parse_packet_data only: pass the address of a variable or of packet bytes.",
                )
            } else {
                (
                    "the address of memory, and not NULL",
                    "Pass the address of a variable or of packet bytes; both buffers of a helper are needed.",
                )
            };
            error(
                "verify.helper_argument",
                format!("{register} must be {wanted}; it may be {}", words(&kinds)),
                hint,
            )
        }
        Assertion::ValidAccess(found) => {
            let mut diagnostic = access::access(message, found, facts);
            diagnostic.message = format!("{} {}", name(found.reg), diagnostic.message);
            if let ValidAccess {
                width: Value::Reg(_),
                ..
            } = found
                && diagnostic.code == "verify.packet_bounds"
            {
                diagnostic.hint = Some(
                    "Limit the length with a constant, and the pointer so that pointer plus length is inside packet_buffer.".to_owned(),
                );
            }
            diagnostic
        }
        _ => error(
            "verify.helper_argument",
            format!(
                "the arguments of {} cannot be proven right ({message})",
                helpers::name(id).unwrap_or("this helper")
            ),
            "See the program reference.",
        ),
    }
}
