//! Findings made clearer by the line of C that they are about.

use crate::diagnostic::Diagnostic;
use crate::program::{Program, SourceLine};

/// How `access` starts the hint that is replaced where the line shows what was read.
pub const COMPARE: &str = "Compare the end of the access";

/// Most bytes of a line that are kept: thousands of instructions may share one.
const MAX_LINE: usize = 400;

/// Gives the author's lines the text that the object itself does not hold.
pub fn add_source(program: &mut Program, source: &str) {
    let texts: Vec<&str> = source.split('\n').collect();
    let own = program
        .lines
        .values_mut()
        .filter(|line| !line.file.ends_with(".h"));
    for line in own {
        let number = usize::try_from(line.line).unwrap_or(0);
        let text = number.checked_sub(1).and_then(|index| texts.get(index));
        line.text = text.map_or("", |text| cut(text.trim_end())).to_owned();
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_LINE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Puts the names of the author's own line into the hint of `diagnostic`.
pub fn improve(diagnostic: &mut Diagnostic, program: &Program, line: &SourceLine) {
    match diagnostic.code.as_str() {
        "verify.packet_bounds" if line.text.contains("parse_packet_data(") => {
            diagnostic.hint = Some(
                "Test what parse_packet_data returns before its results are used: `if (parse_packet_data(state, &p, &headers) != 0) return CF_EBPF_DROP;`.".to_owned(),
            );
        }
        "verify.packet_bounds" => {
            let width = diagnostic
                .message
                .split(" bytes at ")
                .next()
                .and_then(|text| text.rsplit(' ').next()?.parse().ok());
            let end = data_end(program);
            let is_plain = diagnostic
                .hint
                .as_deref()
                .is_some_and(|hint| hint.starts_with(COMPARE));
            if let (true, Some(read)) = (is_plain, what_is_read(line, width.unwrap_or(1))) {
                diagnostic.hint = Some(format!(
                    "Compare `{read} > {end}` just before, on the same variable: `if ({read} > {end}) return CF_EBPF_DROP;`."
                ));
            }
        }
        "verify.pointer" => {
            for (used, other) in [("ipv4", "IPv6"), ("ipv6", "IPv4")] {
                if line.text.contains(&format!("{used}->")) {
                    diagnostic.message =
                        format!("reads through {used}, which is NULL for a packet of {other}");
                    diagnostic.hint = Some(format!(
                        "Test it first: `if (headers.{used} == NULL) return CF_EBPF_PASS;`."
                    ));
                }
            }
        }
        _ => {}
    }
}

/// What the author calls the end of the packet, as far as a line with code shows it.
fn data_end(program: &Program) -> String {
    let named = |line: &SourceLine| {
        let at = line.text.find("data_end")?;
        let before = line.text[..at]
            .strip_suffix('.')
            .or_else(|| line.text[..at].strip_suffix("->"))?;
        let name = last_name(before)?;
        Some(line.text[before.len() - name.len()..at + "data_end".len()].to_owned())
    };
    let mut own = program
        .lines
        .values()
        .filter(|line| !line.file.ends_with(".h"));
    own.find_map(named)
        .unwrap_or_else(|| "headers.data_end".to_owned())
}

fn is_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

fn last_name(text: &str) -> Option<&str> {
    let name = &text[text.trim_end_matches(is_name).len()..];
    (!name.is_empty()).then_some(name)
}

fn first_name(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(is_name);
    let name = &text[..text.len() - rest.len()];
    name.starts_with(|sign: char| !sign.is_ascii_digit())
        .then_some(name)
}

/// The end of what the expression at the line's column reads, in C. None where it is not of a simple shape.
fn what_is_read(line: &SourceLine, width: u32) -> Option<String> {
    let at = usize::try_from(line.column).ok()?.checked_sub(1)?;
    let (before, text) = (line.text.get(..at)?, line.text.get(at..)?);
    let whole = |name: &str| format!("(uint8_t *)({name} + 1)");
    if let Some(pointer) = before.strip_suffix("->").and_then(last_name) {
        return Some(whole(pointer));
    }
    if let Some(name) = text.strip_prefix('*').and_then(first_name) {
        return Some(if width == 1 {
            format!("{name} + 1")
        } else {
            whole(name)
        });
    }
    let name = first_name(text).filter(|_| !before.ends_with('.'))?;
    let rest = &text[name.len()..];
    if rest.starts_with("->") {
        return Some(whole(name));
    }
    let index = rest.strip_prefix('[')?.split(']').next()?;
    let is_simple = width == 1 && !index.contains('[') && index.len() <= 40;
    is_simple.then(|| format!("{name} + {index} + 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, at: &str, width: u32) -> Option<String> {
        let line = SourceLine {
            file: "program.c".to_owned(),
            line: 1,
            column: text.find(at).unwrap() as u32 + 1,
            text: text.to_owned(),
        };
        what_is_read(&line, width)
    }

    #[test]
    fn simple_reads_are_recognised() {
        let end = read("if (*last_byte != 0xCF)", "*last", 1);
        assert_eq!(end.as_deref(), Some("last_byte + 1"));
        let end = read("return payload[100] == 1;", "payload", 1);
        assert_eq!(end.as_deref(), Some("payload + 100 + 1"));
        let end = read("return ping->magic == 7;", "magic", 4);
        assert_eq!(end.as_deref(), Some("(uint8_t *)(ping + 1)"));
        let end = read("return *(uint32_t *)x;", "*(", 4);
        assert_eq!(end, None);
        assert_eq!(read("return a[b[1]];", "a[", 1), None);
        assert_eq!(
            read("é = *x;", "*x", 4).as_deref(),
            Some("(uint8_t *)(x + 1)")
        );
    }
}
