//! The C header and the documentation of the additions, written from their table.

use std::fmt::Write as _;

use super::table::{ADDITIONS, Addition, Register};

const HEAD: &str = "\
/* FlowProtect's own helpers, beyond the portable interface: programs that call them run on FlowProtect only.
 * Written from the table of the engine by `cargo run -p flowprotect-vm --example additions`; not to be edited. */
#ifndef FLOWPROTECT_ABI_H
#define FLOWPROTECT_ABI_H

#include \"cf_ebpf_defs.h\"
";

/// `toolchain/include/flowprotect_abi.h`.
#[must_use]
pub fn header() -> String {
    let mut text = HEAD.to_owned();
    for addition in ADDITIONS {
        text += &declaration(addition);
    }
    text + "\n#endif\n"
}

/// `docs/abi-additions.md`.
#[must_use]
pub fn documentation() -> String {
    let mut text = "\
# FlowProtect's own helpers

Written from the engine's table; not to be edited. `#include \"flowprotect_abi.h\"` declares them. A program that calls one
runs on FlowProtect only. All state is local to a node and a rule; tables are bounded, the least recently used entry goes
first, and one that was idle for an hour is forgotten.
"
    .to_owned();
    for addition in ADDITIONS {
        let about = addition.about;
        let _ = write!(
            text,
            "\n## `{}`\n\n`{}`, id {}. {about}\n\n| returns | |\n|---|---|\n",
            addition.name,
            prototype(addition),
            addition.id
        );
        for (code, meaning) in addition.codes {
            let _ = writeln!(text, "| {code} | {meaning} |");
        }
    }
    text
}

/// The parameters that a C program gives, as type and name.
fn parameters(addition: &Addition) -> Vec<(&'static str, &'static str)> {
    let registers = addition.registers;
    let mut found = Vec::new();
    for (at, (name, register)) in addition.arguments.iter().zip(registers).enumerate() {
        match register {
            Register::Read => found.push(("const void *", *name)),
            Register::Literal => found.push(("const char *", *name)),
            Register::Out => found.push(("uint64_t *", *name)),
            Register::Size if registers[at - 1] == Register::Read => {
                found.push(("uint64_t ", *name));
            }
            Register::Size => {}
            Register::Number => found.push(("uint64_t ", *name)),
        }
    }
    found
}

fn listed(parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return "void".to_owned();
    }
    let each = parameters
        .iter()
        .map(|(kind, name)| format!("{kind}{name}"));
    each.collect::<Vec<_>>().join(", ")
}

fn prototype(addition: &Addition) -> String {
    let parameters = listed(&parameters(addition));
    format!("{} {}({parameters})", addition.returns, addition.name)
}

fn declaration(addition: &Addition) -> String {
    let Addition {
        id, name, returns, ..
    } = addition;
    let raw = name.replacen("fp_", "fp_raw_", 1);
    let registers: Vec<(&str, &str)> = addition
        .arguments
        .iter()
        .zip(addition.registers)
        .map(|(name, register)| match register {
            Register::Read => ("const void *", *name),
            Register::Literal => ("const char *", *name),
            Register::Out => ("void *", *name),
            Register::Size | Register::Number => ("uint64_t ", *name),
        })
        .collect();
    let mut text = format!("\n/* {}\n", addition.about);
    for (code, meaning) in addition.codes {
        let _ = writeln!(text, " *   {code}: {meaning}");
    }
    let _ = writeln!(text, " */");
    let _ = writeln!(
        text,
        "static {returns} (*const {raw})({}) = (void *){id};",
        listed(&registers)
    );
    let literal = addition.registers.contains(&Register::Literal);
    let given = parameters(addition);
    let passed: Vec<String> = addition
        .arguments
        .iter()
        .enumerate()
        .map(|(at, argument)| match addition.registers[at] {
            // The empty string before it refuses everything but a literal.
            Register::Literal => format!("\"\" {argument}"),
            Register::Size => match (addition.registers[at - 1], addition.arguments[at - 1]) {
                (Register::Literal, name) => format!("sizeof(\"\" {name}) - 1"),
                (Register::Out, name) => format!("sizeof(*{name})"),
                _ if literal => format!("({argument})"),
                _ => (*argument).to_owned(),
            },
            _ if literal => format!("({argument})"),
            _ => (*argument).to_owned(),
        })
        .collect();
    let passed = passed.join(", ");
    if literal {
        let names: Vec<&str> = given.iter().map(|(_, name)| *name).collect();
        let _ = writeln!(text, "#define {name}({}) {raw}({passed})", names.join(", "));
    } else {
        let _ = writeln!(
            text,
            "static inline __attribute__((always_inline)) {} {{\n    return {raw}({passed});\n}}",
            prototype(addition)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::additions::table::FIRST;

    #[test]
    fn the_table_is_in_order_and_complete() {
        for (at, addition) in ADDITIONS.iter().enumerate() {
            assert_eq!(addition.id, FIRST + at as i32);
            assert_eq!(addition.arguments.len(), addition.registers.len());
            assert!(addition.arguments.len() <= 4 && !addition.codes.is_empty());
            assert!(addition.name.starts_with("fp_"));
        }
    }

    #[test]
    fn what_is_committed_is_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        for (path, text) in [
            ("toolchain/include/flowprotect_abi.h", header()),
            ("docs/abi-additions.md", documentation()),
        ] {
            let committed = std::fs::read_to_string(root.join(path)).unwrap();
            assert_eq!(
                committed, text,
                "{path}: run `cargo run -p flowprotect-vm --example additions`"
            );
        }
    }
}
