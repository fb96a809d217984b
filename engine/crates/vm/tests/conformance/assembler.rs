//! The assembly of the conformance vectors, as in `jeq %r1, 4, done`. Errors are text: only tests read them.

use std::collections::BTreeMap;

use flowprotect_vm::program::Insn;

const ALU: [(&str, u8); 13] = [
    ("add", 0x00),
    ("sub", 0x10),
    ("mul", 0x20),
    ("div", 0x30),
    ("or", 0x40),
    ("and", 0x50),
    ("lsh", 0x60),
    ("rsh", 0x70),
    ("neg", 0x80),
    ("mod", 0x90),
    ("xor", 0xa0),
    ("mov", 0xb0),
    ("arsh", 0xc0),
];
const JUMPS: [(&str, u8); 11] = [
    ("jeq", 0x10),
    ("jgt", 0x20),
    ("jge", 0x30),
    ("jset", 0x40),
    ("jne", 0x50),
    ("jsgt", 0x60),
    ("jsge", 0x70),
    ("jlt", 0xa0),
    ("jle", 0xb0),
    ("jslt", 0xc0),
    ("jsle", 0xd0),
];
const ATOMICS: [(&str, i32); 6] = [
    ("add", 0x00),
    ("or", 0x40),
    ("and", 0x50),
    ("xor", 0xa0),
    ("xchg", 0xe1),
    ("cmpxchg", 0xf1),
];

type Result<T> = std::result::Result<T, String>;

/// Assembles `source`; labels end with a colon, and `exit` is also the label of the last exit instruction.
pub fn assemble(source: &str) -> Result<Vec<Insn>> {
    let (mut labels, mut lines, mut at) = (BTreeMap::new(), Vec::new(), 0);
    for line in source.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(label) = line.strip_suffix(':') {
            labels.insert(label.to_owned(), at);
        } else if !line.is_empty() {
            if line == "exit" {
                labels.insert("exit".to_owned(), at);
            }
            lines.push((at, line));
            at += if line.starts_with("lddw") { 2 } else { 1 };
        }
    }
    let mut insns = Vec::new();
    for (at, line) in lines {
        let words: Vec<&str> = line
            .split([' ', '\t', ','])
            .filter(|word| !word.is_empty())
            .collect();
        instruction(&words, at, &labels, &mut insns).map_err(|why| format!("`{line}`: {why}"))?;
    }
    match insns.is_empty() {
        true => Err("no instructions".to_owned()),
        false => Ok(insns),
    }
}

fn instruction(
    words: &[&str],
    at: i64,
    labels: &BTreeMap<String, i64>,
    insns: &mut Vec<Insn>,
) -> Result<()> {
    let insn = |op, dst, src, off, imm| Insn {
        op,
        dst,
        src,
        off,
        imm,
    };
    let target = |text: &str| -> Result<i64> {
        match (labels.get(text), text.strip_prefix('+')) {
            (Some(label), _) => Ok(label - at - 1),
            (None, Some(offset)) => number(offset),
            (None, None) => number(text),
        }
    };
    let near = |text: &str| i16::try_from(target(text)?).map_err(|_| "too far".to_owned());
    let far = |text: &str| i32::try_from(target(text)?).map_err(|_| "too far".to_owned());
    let made = match words {
        ["exit"] => insn(0x95, 0, 0, 0, 0),
        ["ja", to] => insn(0x05, 0, 0, near(to)?, 0),
        ["ja32", to] => insn(0x06, 0, 0, 0, far(to)?),
        ["call", "local", to] => insn(0x85, 0, 1, 0, far(to)?),
        ["call", to] if to.starts_with('%') => insn(0x8d, register(to)?, 0, 0, 0),
        ["call", id] => insn(0x85, 0, 0, 0, immediate(id)?),
        ["lddw", dst, value] => {
            let value = number(value)?;
            insns.push(insn(0x18, register(dst)?, 0, 0, value as i32));
            insn(0, 0, 0, 0, (value >> 32) as i32)
        }
        ["lock", "fetch", name, to, src] => atomic(name, 1, to, src)?,
        ["lock", name, to, src] => atomic(name, 0, to, src)?,
        [name, a, b, to] if name.starts_with('j') => {
            let (class, name) = match name.strip_suffix("32") {
                Some(name) => (6, name),
                None => (5, *name),
            };
            let op = class | lookup(&JUMPS, name)?;
            match register(b) {
                Ok(src) => insn(op | 8, register(a)?, src, near(to)?, 0),
                Err(_) => insn(op, register(a)?, 0, near(to)?, immediate(b)?),
            }
        }
        [name, a, b] if name.starts_with("ldx") => {
            let (mode, width) = match name.strip_prefix("ldxs") {
                Some(width) => (0x81, width),
                None => (0x61, &name[3..]),
            };
            let (src, off) = memory(b)?;
            insn(mode | size(width)?, register(a)?, src, off, 0)
        }
        [name, a, b] if name.starts_with("stx") => {
            let (dst, off) = memory(a)?;
            insn(0x63 | size(&name[3..])?, dst, register(b)?, off, 0)
        }
        [name, a, b] if name.starts_with("st") => {
            let (dst, off) = memory(a)?;
            insn(0x62 | size(&name[2..])?, dst, 0, off, immediate(b)?)
        }
        [name, a, b] if name.starts_with("movsx") => {
            let (off, op) = match &name[5..] {
                "832" => (8, 0xbc),
                "1632" => (16, 0xbc),
                "864" => (8, 0xbf),
                "1664" => (16, 0xbf),
                "3264" => (32, 0xbf),
                _ => return Err("unknown instruction".to_owned()),
            };
            insn(op, register(a)?, register(b)?, off, 0)
        }
        [name, a] if name.starts_with("neg") => {
            let op = if name.ends_with("32") { 0x84 } else { 0x87 };
            insn(op, register(a)?, 0, 0, 0)
        }
        [name, a] => {
            let digits = name
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(name.len());
            let op = match &name[..digits] {
                "le" => 0xd4,
                "be" => 0xdc,
                "swap" | "bswap" => 0xd7,
                _ => return Err("unknown instruction".to_owned()),
            };
            insn(op, register(a)?, 0, 0, immediate(&name[digits..])?)
        }
        [name, a, b] => {
            let (class, name) = match name.strip_suffix("32") {
                Some(name) => (4, name),
                None => (7, name.strip_suffix("64").unwrap_or(name)),
            };
            let (off, name) = match name {
                "sdiv" | "smod" => (1, &name[1..]),
                _ => (0, name),
            };
            let op = class | lookup(&ALU, name)?;
            match register(b) {
                Ok(src) => insn(op | 8, register(a)?, src, off, 0),
                Err(_) => insn(op, register(a)?, 0, off, immediate(b)?),
            }
        }
        _ => return Err("unknown instruction or number of operands".to_owned()),
    };
    insns.push(made);
    Ok(())
}

fn lookup<T: Copy>(table: &[(&str, T)], name: &str) -> Result<T> {
    let found = table.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, code)| *code)
        .ok_or_else(|| "unknown instruction".to_owned())
}

fn atomic(name: &str, fetch: i32, to: &str, src: &str) -> Result<Insn> {
    let (op, name) = match name.strip_suffix("32") {
        Some(name) => (0xc3, name),
        None => (0xdb, name),
    };
    let (dst, off) = memory(to)?;
    Ok(Insn {
        op,
        dst,
        src: register(src)?,
        off,
        imm: lookup(&ATOMICS, name)? | fetch,
    })
}

fn size(width: &str) -> Result<u8> {
    lookup(
        &[("w", 0x00), ("h", 0x08), ("b", 0x10), ("dw", 0x18)],
        width,
    )
}

fn register(text: &str) -> Result<u8> {
    let number = text
        .strip_prefix("%r")
        .and_then(|digits| digits.parse().ok());
    number
        .filter(|number| *number <= 10)
        .ok_or_else(|| format!("{text} is no register"))
}

fn memory(text: &str) -> Result<(u8, i16)> {
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .ok_or("no memory operand")?;
    let split = inside.find(['+', '-']).unwrap_or(inside.len());
    let offset = match &inside[split..] {
        "" => 0,
        offset => number(offset.trim_start_matches('+'))?,
    };
    let offset = i16::try_from(offset).map_err(|_| "the offset is too large".to_owned())?;
    Ok((register(&inside[..split])?, offset))
}

/// A decimal that fits 32 bits signed, or a hexadecimal that fits them at all.
fn immediate(text: &str) -> Result<i32> {
    let value = number(text)?;
    let hexadecimal = text.trim_start_matches('-').starts_with("0x");
    match (i32::try_from(value), u32::try_from(value)) {
        (Ok(value), _) => Ok(value),
        (Err(_), Ok(value)) if hexadecimal => Ok(value.cast_signed()),
        _ => Err("the number is too large".to_owned()),
    }
}

fn number(text: &str) -> Result<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let value = value
        .map_err(|_| format!("{text} is no number"))?
        .cast_signed();
    Ok(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}
