//! Where the author called what clang inlined, from the DWARF of an object file.
//!
//! Without it an error in an inlined function of our headers would point into the header.

use gimli::{AttributeValue, DebuggingInformationEntry, Dwarf, EndianSlice, LittleEndian, Unit};
use object::{Object, ObjectSection, SectionKind};

/// Most calls that are kept: an object can name ranges without end.
const MAX_CALLS: usize = crate::load::MAX_INSTRUCTIONS;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// An inlined call that the author wrote: bytes `start..end` of the code section come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub start: u64,
    pub end: u64,
    pub line: u32,
    pub column: u32,
}

/// All inlined calls of the author's file, outer ones first. Empty where there is no readable DWARF or code in more
/// than one section, whose addresses could not be told apart.
#[must_use]
pub fn calls(file: &object::File<'_>) -> Vec<Call> {
    let code = |section: &object::Section<'_, '_>| {
        section.kind() == SectionKind::Text && section.size() > 0
    };
    if file.sections().filter(code).count() != 1 {
        return Vec::new();
    }
    read(file).unwrap_or_default()
}

/// The innermost of `calls` around byte `offset` of the code section.
#[must_use]
pub fn around(calls: &[Call], offset: u64) -> Option<&Call> {
    calls
        .iter()
        .rev()
        .find(|call| (call.start..call.end).contains(&offset))
}

fn read(file: &object::File<'_>) -> gimli::Result<Vec<Call>> {
    // Relocations are not applied: with BPF's REL sections the addends, all that is needed here, are in place.
    let dwarf = Dwarf::load(|id| {
        let data = file
            .section_by_name(id.name())
            .and_then(|section| section.data().ok());
        Ok::<_, gimli::Error>(EndianSlice::new(data.unwrap_or_default(), LittleEndian))
    })?;
    let mut calls = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        while let Some((_, entry)) = entries.next_dfs()? {
            if entry.tag() != gimli::DW_TAG_inlined_subroutine || !is_own(&dwarf, &unit, entry)? {
                continue;
            }
            let number = |name| -> gimli::Result<u32> {
                let value = entry
                    .attr_value(name)?
                    .and_then(|value| value.udata_value());
                Ok(value
                    .and_then(|value| u32::try_from(value).ok())
                    .unwrap_or(0))
            };
            let (line, column) = (
                number(gimli::DW_AT_call_line)?,
                number(gimli::DW_AT_call_column)?,
            );
            let mut ranges = dwarf.die_ranges(&unit, entry)?;
            while let Some(range) = ranges.next()? {
                if calls.len() >= MAX_CALLS {
                    return Ok(calls);
                }
                if line == 0 {
                    continue;
                }
                calls.push(Call {
                    start: range.begin,
                    end: range.end,
                    line,
                    column,
                });
            }
        }
    }
    Ok(calls)
}

fn is_own(
    dwarf: &Dwarf<Reader<'_>>,
    unit: &Unit<Reader<'_>>,
    entry: &DebuggingInformationEntry<'_, '_, Reader<'_>>,
) -> gimli::Result<bool> {
    let index = match entry.attr_value(gimli::DW_AT_call_file)? {
        Some(AttributeValue::FileIndex(index)) => index,
        Some(value) => value.udata_value().unwrap_or(0),
        None => return Ok(false),
    };
    let Some(program) = &unit.line_program else {
        return Ok(false);
    };
    let Some(file) = program.header().file(index) else {
        return Ok(false);
    };
    let name = dwarf.attr_string(unit, file.path_name())?;
    Ok(!name.slice().ends_with(b".h"))
}
