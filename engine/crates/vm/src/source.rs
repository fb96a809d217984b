//! From instructions back to the lines of the C program.

use crate::diagnostic::{Diagnostic, Position};
use crate::program::{Program, SourceLine};

/// The line of instruction `pc` in the author's own file.
///
/// Code of an inlined function of a header belongs to the nearest line before it that the author wrote.
#[must_use]
pub fn line_of(program: &Program, pc: usize) -> Option<&SourceLine> {
    let own = |line: &&SourceLine| line.line > 0 && !line.file.ends_with(".h");
    let before = program.lines.range(..=pc).rev().map(|(_, line)| line);
    let after = program.lines.range(pc..).map(|(_, line)| line);
    before
        .clone()
        .find(own)
        .or_else(|| after.clone().find(own))
        .or_else(|| before.clone().next())
}

/// Points `diagnostic` at the line of instruction `pc`, or at none where there is no line information.
pub fn place(diagnostic: &mut Diagnostic, program: &Program, pc: usize) {
    if let Some(line) = line_of(program, pc) {
        place_at(diagnostic, line);
    }
}

/// Points `diagnostic` at `line`, from its column to its end.
pub fn place_at(diagnostic: &mut Diagnostic, line: &SourceLine) {
    diagnostic.line = Some(line.line);
    diagnostic.column = Some(line.column.max(1));
    let width = line.text.trim_end().len().max(1) as u32;
    diagnostic.end = Some(Position {
        line: line.line,
        column: width.max(line.column) + 1,
    });
}

/// Where the jump at `pc` goes, if it is one.
#[must_use]
pub fn jump_target(program: &Program, pc: usize) -> Option<usize> {
    let insn = program.insns.get(pc)?;
    let offset = match insn.op {
        0x85 | 0x8d | 0x95 => return None,
        0x06 => i64::from(insn.imm),
        op if matches!(op & 7, 5 | 6) => i64::from(insn.off),
        _ => return None,
    };
    usize::try_from(pc as i64 + 1 + offset).ok()
}

/// The instruction that closes the innermost loop around `pc`: a jump backward, which clang gives the line of the
/// loop's head. `pc` itself where there is none.
#[must_use]
pub fn loop_around(program: &Program, pc: usize) -> usize {
    (pc..program.insns.len())
        .filter_map(|jump| {
            let head = jump_target(program, jump).filter(|head| *head <= pc)?;
            Some((jump - head, jump))
        })
        .min()
        .map_or(pc, |(_, jump)| jump)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Insn;

    fn program(lines: &[(usize, &str, u32)]) -> Program {
        let jump = |off| Insn {
            op: 0x05,
            dst: 0,
            src: 0,
            off,
            imm: 0,
        };
        Program {
            insns: vec![jump(0), jump(0), jump(-1), jump(0), jump(-4)],
            lines: lines
                .iter()
                .map(|(pc, file, line)| {
                    let line = SourceLine {
                        file: (*file).to_owned(),
                        line: *line,
                        column: 3,
                        text: "  text".to_owned(),
                    };
                    (*pc, line)
                })
                .collect(),
            ..Program::default()
        }
    }

    #[test]
    fn a_header_is_not_the_authors_line() {
        let program = program(&[
            (0, "program.c", 7),
            (2, "cf_ebpf_helper.h", 50),
            (4, "program.c", 9),
        ]);
        let line = |pc| line_of(&program, pc).map(|line| line.line);
        assert_eq!([line(1), line(3), line(4)], [Some(7), Some(7), Some(9)]);
        let mut found = Diagnostic::error(crate::diagnostic::Stage::Verify, "code", "message");
        place(&mut found, &program, 3);
        assert_eq!((found.line, found.column), (Some(7), Some(3)));
        assert_eq!(found.end.map(|end| end.column), Some(7));
    }

    #[test]
    fn the_innermost_loop_is_found() {
        let program = program(&[]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|pc| loop_around(&program, pc)),
            [0, 4, 2, 4, 4]
        );
    }
}
