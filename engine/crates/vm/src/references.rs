//! Where code refers to a data section: the line to show where the section may not be there at all.

use std::panic::catch_unwind;

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex};
use prevail::btf::parse::parse_line_information;

use crate::program::SourceLine;

/// The first use of a section.
#[derive(Default)]
pub struct Use {
    /// The variable in it.
    pub name: Option<String>,
    pub line: Option<SourceLine>,
}

/// The first instruction that refers to section `index`, and what it refers to; empty where that is not to be found.
pub fn first_use(file: &object::File<'_>, index: SectionIndex) -> Use {
    let symbols = || {
        file.symbols()
            .filter(|symbol| symbol.section_index() == Some(index))
    };
    let named =
        |name: Result<&str, _>| name.ok().filter(|name| !name.is_empty()).map(str::to_owned);
    let mut found = Use::default();
    for section in file
        .sections()
        .filter(|section| section.kind() == object::SectionKind::Text)
    {
        let first = section
            .relocations()
            .filter_map(|(offset, relocation)| match relocation.target() {
                RelocationTarget::Symbol(symbol) => {
                    let symbol = file.symbol_by_index(symbol).ok()?;
                    (symbol.section_index() == Some(index)).then_some((offset, symbol))
                }
                _ => None,
            })
            .min_by_key(|(offset, _)| *offset);
        if let Some((offset, symbol)) = first {
            found.name = named(symbol.name());
            found.line = section
                .name()
                .ok()
                .and_then(|name| line_at(file, name, offset));
            break;
        }
    }
    found.name = found
        .name
        .or_else(|| symbols().find_map(|symbol| named(symbol.name())));
    found
}

fn line_at(file: &object::File<'_>, section: &str, offset: u64) -> Option<SourceLine> {
    let data = |name| file.section_by_name(name)?.data().ok();
    let (btf, lines) = (data(".BTF")?, data(".BTF.ext")?);
    // Prevail's parser was written for files of compilers, not of attackers.
    let records = catch_unwind(|| parse_line_information(btf, lines))
        .ok()?
        .ok()?;
    records
        .into_iter()
        .filter(|record| {
            record.section == section && u64::from(record.instruction_offset) <= offset
        })
        .max_by_key(|record| record.instruction_offset)
        .map(|record| SourceLine {
            file: record.file_name,
            line: record.line_number,
            column: record.column_number,
            text: record.source,
        })
}
